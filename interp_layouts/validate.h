// Is a layout sane? Bounds that every table must keep, whether generated or read from a target.
#ifndef SPYHOP_INTERP_LAYOUTS_VALIDATE_H_
#define SPYHOP_INTERP_LAYOUTS_VALIDATE_H_

#include "absl/status/status.h"
#include "interp_layouts/layout.h"

namespace spyhop {

// Every present field lies inside its struct, aligned, and shares no byte with another; structs
// have sizes that can be (the runtime at most 1 MiB, an object 4 KiB); and the fields that the
// layout's features need are present. The message names the field.
absl::Status ValidateLayout(const Layout& layout);

}  // namespace spyhop

#endif  // SPYHOP_INTERP_LAYOUTS_VALIDATE_H_
