// A bar that shows how a time divides into classes. Each class has a character of its own, so that
// colour only repeats what can be read.
#ifndef SPYHOP_CLI_TUI_CLASS_BAR_H_
#define SPYHOP_CLI_TUI_CLASS_BAR_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sampler/profile/time_class.h"

namespace spyhop {

// How a piece of text stands out; what that looks like is the terminal's business.
enum class TopStyle : uint8_t {
  kNormal,
  kBold,
  kHeading,
  kCursor,
  kWarning,
  // A class's, in the order of TimeClass.
  kPython,
  kNative,
  kKernel,
  kWait,
  kGil,
  kRunQueue,
  kIdle,
};
TopStyle StyleOf(TimeClass time_class);

struct TopSpan {
  std::string text;
  TopStyle style = TopStyle::kNormal;
};
using TopLine = std::vector<TopSpan>;

// One column wide. ASCII: P N K W G R and a dot.
std::string_view BarCharacter(TimeClass time_class, bool utf8);

// `width` columns; full at `whole`, blank where there is less. Idle time has no part in it, unless
// asked for.
TopLine MakeClassBar(const Times& times, Nanos whole, size_t width, bool idle, bool utf8);

}  // namespace spyhop

#endif  // SPYHOP_CLI_TUI_CLASS_BAR_H_
