// Which locks a thread is inside a `with` of: what its frames keep to leave the statement again.
//
// `with lock:` leaves the bound __exit__ of the lock on the frame's evaluation stack (3.14+: the
// method and the lock beside it) until its body has been left: WITH_CLEANUP, WITH_EXCEPT_START.
// That the thread holds the lock is an inference, for the body may have released it by hand. `with
// condition:` counts as one of the condition's lock, but not while the thread waits for the
// condition, which lets go of it.
//
// A dozen reads for each frame that is in a `with` or a `try`. The target runs; a thread that runs,
// too, is read twice and believed when both agree.
#ifndef SPYHOP_SAMPLER_WITH_LOCKS_H_
#define SPYHOP_SAMPLER_WITH_LOCKS_H_

#include <optional>
#include <vector>

#include "base/remote_memory.h"
#include "interp_layouts/layout.h"
#include "sampler/python/code_cache.h"
#include "sampler/python/frame_slots.h"
#include "sampler/python/object_reader.h"
#include "sampler/python/raw_stack.h"

namespace spyhop {

class WithLocks {
 public:
  // All must outlive this.
  WithLocks(RemoteMemory& memory, const Layout& layout, CodeCache& codes);

  // The lock objects of a thread with this stack, each once.
  std::vector<RemoteAddress> Of(const RawStack& stack, bool blocked);
  // The lock of a threading.Condition; nullopt: it is none, or the lock is not one of _thread's.
  std::optional<RemoteAddress> LockOfCondition(RemoteAddress object);

 private:
  std::vector<RemoteAddress> Managers(absl::Span<const RemoteAddress> slots);
  std::optional<RemoteAddress> ManagerAt(absl::Span<const RemoteAddress> slots, size_t index);
  bool IsExit(RemoteAddress function);
  std::optional<RemoteAddress> LockOf(RemoteAddress manager);
  std::optional<RemoteAddress> LetGo(const RawStack& stack);

  RemoteMemory& memory_;
  const Layout& layout_;
  CodeCache& codes_;
  ObjectReader objects_;
  FrameSlots slots_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_WITH_LOCKS_H_
