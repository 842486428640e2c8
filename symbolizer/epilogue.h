// From a frame to its caller by the instructions that are next: where they do nothing but restore
// registers and return, they say what a call frame table would.
//
// For code that has no table: made at run time, such as CPython's trampolines for perf
// (Python/asm_trampoline.S, 3.12+), is left by a call and goes on with its epilogue. Decodes
// `add rsp`, `pop`, `leave` and `ret`; anything else ends it without an answer. Pure. x86-64.
#ifndef SPYHOP_SYMBOLIZER_EPILOGUE_H_
#define SPYHOP_SYMBOLIZER_EPILOGUE_H_

#include <cstdint>
#include <optional>

#include "absl/types/span.h"
#include "symbolizer/unwind_row.h"

namespace spyhop {

// So many bytes of code are enough for any answer.
inline constexpr size_t kLongestEpilogue = 32;

// `code` begins at the frame's pc.
std::optional<UnwindRow> RowOfEpilogue(absl::Span<const uint8_t> code);

}  // namespace spyhop

#endif  // SPYHOP_SYMBOLIZER_EPILOGUE_H_
