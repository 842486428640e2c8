// `spyhop top` in a terminal: the loop that shows what was sampled and does what keys say.
//
// SIGTSTP and SIGWINCH must be blocked in all threads: they are taken here.
#ifndef SPYHOP_CLI_TUI_LIVE_SCREEN_H_
#define SPYHOP_CLI_TUI_LIVE_SCREEN_H_

#include <atomic>
#include <memory>

#include "absl/status/statusor.h"
#include "base/scoped_fd.h"
#include "cli/tui/curses_screen.h"
#include "cli/tui/source_texts.h"
#include "cli/tui/top_settings.h"
#include "cli/tui/top_source.h"
#include "sampler/sampling_gate.h"

namespace spyhop {

class LiveScreen {
 public:
  // All must outlive this.
  LiveScreen(const TopSettings& settings, const std::atomic<bool>& stop, SamplingGate& gate,
             CursesScreen& screen, TopSource& source);

  // Returns with the screen still open.
  TopEnd Run();
  // What the user saw last, and how it was chosen.
  const TopData& data() const { return data_; }
  const TopState& state() const { return state_; }

 private:
  void Take();
  void Show();
  void Await();
  // False: leave.
  bool HandleKeys();
  void Do(TopAction action);
  void ChooseRow();
  void Suspend();
  void TakeSignals();

  const TopSettings& settings_;
  const std::atomic<bool>& stop_;
  SamplingGate& gate_;
  CursesScreen& screen_;
  TopSource& source_;
  SourceTexts sources_;
  ScopedFd signals_;
  TopState state_;
  TopData data_;
  TopTable table_;
  bool changed_ = true;      // what is on the screen is not what it should be
  bool input_gone_ = false;  // the terminal is
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_TUI_LIVE_SCREEN_H_
