// How much stack a function takes that keeps its frame in rbp, by its first instructions: the call
// frame table tells the CFA from rbp, and says no more about the stack pointer.
//
// Decodes pushes, `sub rsp` and the moves that compilers put between them, up to the first call or
// jump. What it does not know ends it without an answer. Pure. x86-64.
#ifndef SPYHOP_SYMBOLIZER_PROLOGUE_H_
#define SPYHOP_SYMBOLIZER_PROLOGUE_H_

#include <cstdint>
#include <optional>

#include "absl/types/span.h"

namespace spyhop {

// From the stack pointer behind the prologue up to the CFA, bytes: the return address, the saved
// rbp and registers, locals. `code` begins where the function does. Nothing when that is not a
// prologue which sets up rbp.
std::optional<uint64_t> StackSizeOfPrologue(absl::Span<const uint8_t> code);

}  // namespace spyhop

#endif  // SPYHOP_SYMBOLIZER_PROLOGUE_H_
