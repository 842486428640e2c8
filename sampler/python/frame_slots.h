// Reads values that a Python frame keeps in the target: its first local variables, and what its
// `with` statements keep on the evaluation stack.
//
// How high the evaluation stack is the interpreter has in a register only, and what lies above its
// top is rubbish. But where a handler is in force, everything below the handler's own depth is
// alive, for an exception would unwind to it: f_blockstack tells it to 3.10, the code's exception
// table from 3.11 on (Objects/exception_handling_notes.txt). Each call is a handful of reads and
// looks at the frame as it is now; valid while its thread stays blocked. Not while the target is
// stopped.
#ifndef SPYHOP_SAMPLER_PYTHON_FRAME_SLOTS_H_
#define SPYHOP_SAMPLER_PYTHON_FRAME_SLOTS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "base/remote_memory.h"
#include "interp_layouts/layout.h"
#include "sampler/python/raw_stack.h"

namespace spyhop {

// How deep the evaluation stack is at least at `unit` of the bytecode; 0 where no handler is in
// force. `table` is a co_exceptiontable.
size_t DepthUnderHandler(absl::Span<const uint8_t> table, uint64_t unit);

class FrameSlots {
 public:
  // Both must outlive this.
  FrameSlots(RemoteMemory& memory, const Layout& layout) : memory_(memory), layout_(layout) {}

  // The slots below the innermost handler in force, from the bottom; null ones included. Empty when
  // there is none, or `frame` is another one by now.
  std::vector<RemoteAddress> UnderHandlers(const RawFrame& frame);
  // The first local variable: of a method, as a rule `self`.
  std::optional<RemoteAddress> FirstLocal(const RawFrame& frame);
  // Its local variables and what lies behind them: live values, old ones and rubbish. For those who
  // can tell what they look for by itself.
  std::vector<RemoteAddress> Anything(const RawFrame& frame);

 private:
  RemoteAddress Locals(const RawFrame& frame) const;
  std::vector<RemoteAddress> UnderBlocks(const RawFrame& frame);
  std::vector<RemoteAddress> UnderTable(const RawFrame& frame);
  std::vector<RemoteAddress> ReadSlots(RemoteAddress first, size_t count);
  RemoteAddress WithoutTag(RemoteAddress reference) const;

  RemoteMemory& memory_;
  const Layout& layout_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_FRAME_SLOTS_H_
