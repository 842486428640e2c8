// What the instruction that a frame is at does: is it a call, and of what?
//
// For the leaf of a stack; the frames below it are always in a call. Reads one code unit where the
// frame's instruction is, one request (0.65 us), two calls up to 3.10 (the bytecode is an object of
// its own), and four more where sys.settrace or sys.monitoring have put another instruction in its
// place (3.12+). Allocates nothing, logs nothing: may run while the target is stopped.
//
// Up to 3.10 an answer holds for as long as the code object does, so callers may keep it by (code,
// instruction). From 3.11 on the interpreter rewrites instructions in place, when it specialises
// them or gives that up and when monitoring begins or ends: kCall becomes kCallPython or
// kCallNative and back, kOther becomes kCallPython and back. Keep such an answer for 100 ms at
// most.
#ifndef SPYHOP_SAMPLER_PYTHON_INSTRUCTION_READER_H_
#define SPYHOP_SAMPLER_PYTHON_INSTRUCTION_READER_H_

#include <optional>

#include "base/remote_memory.h"
#include "interp_layouts/layout.h"
#include "interp_layouts/opcodes.h"
#include "sampler/python/raw_stack.h"

namespace spyhop {

// Never kInstrumented: what stands there is followed. A frame which has not started is kOther, up
// to 3.10 kEvalBreaker: it may wait for the GIL there. One whose instruction lies behind a call, in
// its inline cache, is kCallPython: a Python callee has just returned to it (3.11, 3.12). nullopt:
// unreadable, or an interpreter whose opcodes are not known.
std::optional<OpcodeFamily> FamilyAt(RemoteMemory& memory, const Layout& layout,
                                     const RawFrame& leaf) noexcept;

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_INSTRUCTION_READER_H_
