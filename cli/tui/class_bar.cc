#include "cli/tui/class_bar.h"

#include <algorithm>
#include <cmath>

#include "report/table_cells.h"

namespace spyhop {
namespace {

struct Look {
  std::string_view ascii;
  std::string_view utf8;
};

// Fuller blocks for what takes a CPU (U+2588 to U+2591), signs for what waits for one or the GIL.
constexpr Look kLooks[kTimeClasses] = {
    {"P", "\u2588"}, {"N", "\u2593"}, {"K", "\u2592"}, {"W", "\u2591"},
    {"G", "\u00d7"}, {"R", "\u00f7"}, {".", "\u00b7"},
};

}  // namespace

TopStyle StyleOf(TimeClass time_class) {
  return static_cast<TopStyle>(static_cast<size_t>(TopStyle::kPython) +
                               static_cast<size_t>(time_class));
}

std::string_view BarCharacter(TimeClass time_class, bool utf8) {
  const Look& look = kLooks[static_cast<size_t>(time_class)];
  return utf8 ? look.utf8 : look.ascii;
}

TopLine MakeClassBar(const Times& times, Nanos whole, size_t width, bool idle, bool utf8) {
  TopLine bar;
  size_t used = 0;
  Nanos so_far = 0;
  for (const TimeClass c : kAllClasses) {
    if (c == TimeClass::kIdle && !idle) continue;
    so_far += times[c];
    const double part = whole > 0 ? static_cast<double>(so_far) / static_cast<double>(whole) : 0;
    const auto end =
        static_cast<size_t>(std::llround(std::clamp(part, 0.0, 1.0) * static_cast<double>(width)));
    if (end <= used) continue;
    std::string text;
    for (; used < end; ++used) text += BarCharacter(c, utf8);
    bar.push_back({std::move(text), StyleOf(c)});
  }
  if (used < width) bar.push_back({std::string(width - used, ' '), TopStyle::kNormal});
  return bar;
}

}  // namespace spyhop
