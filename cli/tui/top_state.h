// What the user of `spyhop top` has chosen, and how keys change it. Pure: no terminal here.
#ifndef SPYHOP_CLI_TUI_TOP_STATE_H_
#define SPYHOP_CLI_TUI_TOP_STATE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "report/view.h"

namespace spyhop {

enum class TopView : uint8_t { kLines, kFunctions, kThreads, kStacks, kProcesses };
inline constexpr std::array kTopViews = {TopView::kLines, TopView::kFunctions, TopView::kThreads,
                                         TopView::kStacks, TopView::kProcesses};
std::string_view Name(TopView view);  // "lines", ...

// In the order of the columns.
inline constexpr std::array kTopSortKeys = {SortKey::kCpu,    SortKey::kPython, SortKey::kNative,
                                            SortKey::kSystem, SortKey::kWait,   SortKey::kGil,
                                            SortKey::kSelf,   SortKey::kTotal};
std::string_view Name(SortKey key);  // the word of --sort

// Time spans that can be shown; 0: all since the start.
inline constexpr std::array<Nanos, 4> kTopWindows = {5 * kSecond, 15 * kSecond, 60 * kSecond, 0};

struct TopKey {
  enum class Kind : uint8_t {
    kNone,
    kCharacter,
    kUp,
    kDown,
    kLeft,
    kRight,
    kPageUp,
    kPageDown,
    kHome,
    kEnd,
    kTab,
    kBackTab,
    kEnter,
    kEscape,
    kBackspace,
    kSuspend,  // Ctrl-Z
    kRedraw,   // Ctrl-L, or another size
  };
  Kind kind = Kind::kNone;
  char32_t character = 0;
};

// A thread, or a process (tid 0), that all views are confined to.
struct TopChoice {
  int pid = 0;
  int tid = 0;
  friend bool operator==(const TopChoice&, const TopChoice&) = default;
};

struct TopState {
  TopView view = TopView::kLines;
  SortKey sort = SortKey::kCpu;
  bool reverse = false;
  bool idle = false;
  bool per_thread = false;
  bool paused = false;
  bool help = false;
  bool editing = false;  // the filter is being typed
  std::string filter;    // UTF-8
  Nanos window = 15 * kSecond;
  std::optional<TopChoice> choice;
  size_t cursor = 0;  // row
  size_t first = 0;   // row at the top of the screen
};

enum class TopAction : uint8_t { kNone, kQuit, kReset, kSuspend, kRedraw, kChoose };

// `rows` are shown, `page` of them at a time. kChoose: the row at the cursor is to be chosen.
TopAction HandleKey(const TopKey& key, size_t rows, size_t page, TopState& state);

// The cursor on a row, and that row on the screen.
void KeepCursorVisible(size_t rows, size_t page, TopState& state);

}  // namespace spyhop

#endif  // SPYHOP_CLI_TUI_TOP_STATE_H_
