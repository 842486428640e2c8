// Debian 12's Abseil keeps its own string_view (absl/base/options.h), which does not convert from
// std's. Spyhop speaks std::string_view; this is the bridge where text goes into Abseil.
#ifndef SPYHOP_BASE_ABSL_VIEW_H_
#define SPYHOP_BASE_ABSL_VIEW_H_

#include <string_view>

#include "absl/strings/string_view.h"

namespace spyhop {

inline absl::string_view AbslView(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace spyhop

#endif  // SPYHOP_BASE_ABSL_VIEW_H_
