// _Py_DebugOffsets is the first thing read from a target and decides where everything else is
// looked for: no bytes may crash the decoder, and a layout that it accepts must keep every bound.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "interp_layouts/debug_offsets.h"
#include "interp_layouts/registry.h"
#include "interp_layouts/validate.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::Span<const uint8_t> bytes(data, size);
  const absl::StatusOr<spyhop::DebugOffsets> header = spyhop::ReadDebugOffsetsHeader(bytes);
  if (!header.ok()) return 0;
  for (const spyhop::Layout& base : spyhop::AllLayouts()) {
    if (base.first < spyhop::PyVersion{3, 13, 0}) continue;
    const absl::StatusOr<spyhop::Layout> layout = spyhop::LayoutFromDebugOffsets(bytes, base);
    if (layout.ok() && !spyhop::ValidateLayout(*layout).ok()) std::abort();
  }
  return 0;
}
