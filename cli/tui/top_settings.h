// What `spyhop top` was asked for, but for what keys can change.
#ifndef SPYHOP_CLI_TUI_TOP_SETTINGS_H_
#define SPYHOP_CLI_TUI_TOP_SETTINGS_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "cli/tui/top_state.h"
#include "cli/tui/top_table.h"

namespace spyhop {

struct TopSettings {
  TopState state;  // at the start
  TopOptions table;
  std::optional<Nanos> duration;
  // Of the screen.
  bool color = false;
  bool utf8 = false;
  // Of plain tables.
  Nanos delay = 2 * kSecond;
  std::optional<uint64_t> iterations;
  size_t limit = 30;  // rows; 0: all
  size_t width = 0;   // columns; 0: as wide as need be
};

// Why it has ended.
enum class TopEnd : uint8_t {
  kQuit,          // the user wants no more
  kTargetsEnded,  // or the time is over: the last table is worth keeping
  kOutputClosed,  // nobody reads any more
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_TUI_TOP_SETTINGS_H_
