// The layouts Spyhop knows, by version and flavour.
#ifndef SPYHOP_INTERP_LAYOUTS_REGISTRY_H_
#define SPYHOP_INTERP_LAYOUTS_REGISTRY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "interp_layouts/layout.h"

namespace spyhop {

// Every table, oldest version first.
absl::Span<const Layout> AllLayouts();

// The table whose range holds `version`, else the nearest one of the same major.minor and flavour
// (patch releases rarely change a layout; callers validate it against the target). A minor version
// that no table has is kUnimplemented, and the message lists what is supported.
absl::StatusOr<const Layout*> FindLayout(PyVersion version, AbiFlags flags);

// "2.7, 3.6 to 3.15".
std::string SupportedVersions();

}  // namespace spyhop

#endif  // SPYHOP_INTERP_LAYOUTS_REGISTRY_H_
