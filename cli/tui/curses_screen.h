// The terminal as a screen with keys: the only user of ncurses.
//
// Opened, it has the terminal's alternate screen, without echo and cursor; closed, by whatever way,
// the terminal is as it was before. ncurses is one for the process, so there is one of these at a
// time, used by one thread. Signals are the caller's: those of the terminal are to be blocked in
// all threads before it is opened, then ncurses' own handlers never run.
#ifndef SPYHOP_CLI_TUI_CURSES_SCREEN_H_
#define SPYHOP_CLI_TUI_CURSES_SCREEN_H_

#include <termios.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/tui/class_bar.h"
#include "cli/tui/top_painter.h"
#include "cli/tui/top_state.h"

namespace spyhop {

class CursesScreen {
 public:
  // Are stdin and stdout a terminal whose cursor can be moved (terminfo, TERM)?
  static bool CanOpen();
  static absl::StatusOr<std::unique_ptr<CursesScreen>> Open(bool color, bool utf8);
  ~CursesScreen();
  CursesScreen(const CursesScreen&) = delete;
  CursesScreen& operator=(const CursesScreen&) = delete;

  // As the terminal is now.
  ScreenSize size() const;
  // Names are shown as `?` where the terminal has no such characters.
  void Draw(const std::vector<TopLine>& lines);
  // A key that has been typed; kNone: there is none.
  TopKey ReadKey();
  // The terminal as it was before, for a while; it is drawn anew afterwards.
  void Leave();
  void Return();
  // Everything is drawn anew: the size has changed, or somebody else wrote.
  void Refresh();

 private:
  struct Terminal;

  explicit CursesScreen(std::unique_ptr<Terminal> terminal);

  const std::unique_ptr<Terminal> terminal_;
};

// For a way out that does not wait for the screen's thread: puts the terminal back if a screen is
// open. Any thread.
void RestoreTerminalNow();

}  // namespace spyhop

#endif  // SPYHOP_CLI_TUI_CURSES_SCREEN_H_
