// What the terminal can show: its width, colour, and a status line that is rewritten in place.
#ifndef SPYHOP_CLI_TERMINAL_H_
#define SPYHOP_CLI_TERMINAL_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "cli/options.h"
#include "sampler/sampler.h"

namespace spyhop {

// Columns of the terminal behind `fd`; 0 when there is none (then nothing is cut).
size_t TerminalWidth(int fd);

// --color, then NO_COLOR, then TERM=dumb, then whether `fd` is a terminal.
bool UseColor(ColorMode mode, int fd);

// Progress of some samplers, shown by another thread: a slow terminal must not hold up sampling, so
// Update() only stores numbers.
class StatusLine {
 public:
  // Shows nothing unless `enabled` and stderr is a terminal.
  StatusLine(bool enabled, size_t samplers);

  void Update(size_t sampler, const SamplingProgress& progress);
  void Show();   // one thread
  void Clear();  // before other messages; nothing is shown any more

 private:
  struct Numbers {
    std::atomic<Nanos> elapsed{0};
    std::atomic<uint64_t> samples{0};
    std::atomic<uint64_t> threads{0};
  };

  std::atomic<bool> enabled_;
  std::atomic<bool> shown_{false};
  std::deque<Numbers> numbers_;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_TERMINAL_H_
