// _Py_DebugOffsets: the table by which CPython 3.13 and later describe themselves, at the start of
// _PyRuntime (Include/internal/pycore_debug_offsets.h; 3.13: pycore_runtime.h).
//
// Decodes bytes that were copied from a target, which are hostile: any bytes may come. Reads
// nothing itself and does not say whether a build is a debug one. Pure functions, any thread;
// microseconds, but they allocate: not while the target is stopped.
#ifndef SPYHOP_INTERP_LAYOUTS_DEBUG_OFFSETS_H_
#define SPYHOP_INTERP_LAYOUTS_DEBUG_OFFSETS_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "interp_layouts/layout.h"

namespace spyhop {

// The first 8 bytes of _PyRuntime in 3.13 and later.
inline constexpr char kDebugOffsetsCookie[] = "xdebugpy";
// Enough bytes for the longest table known; read this many from the target.
inline constexpr size_t kDebugOffsetsMaxSize = 1024;

struct DebugOffsets {
  PyVersion version;
  bool free_threaded = false;
};

// True when `bytes` (read from the start of a candidate _PyRuntime) begin with the cookie.
bool HasDebugOffsets(absl::Span<const uint8_t> bytes);

// Version and flavour from the table; an error when there is no cookie or it is not sane.
absl::StatusOr<DebugOffsets> ReadDebugOffsetsHeader(absl::Span<const uint8_t> bytes);

// `base` (the registry's table for this version and flavour) with every offset that the target's
// own table gives put in its place, validated (see validate.h). A minor version newer than all
// known ones is accepted when its table has the shape of the newest one and validates; `base` is
// then the newest version's. What the table does not tell (features, GIL internals) stays as in
// `base`.
absl::StatusOr<Layout> LayoutFromDebugOffsets(absl::Span<const uint8_t> bytes, const Layout& base);

}  // namespace spyhop

#endif  // SPYHOP_INTERP_LAYOUTS_DEBUG_OFFSETS_H_
