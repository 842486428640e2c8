// What a thread sleeps on that joins another one, so that a join can be told from what it waits on
// and not from a frame's name.
//
// threading.Thread has, of the thread's end, the lock _tstate_lock (3.3 to 3.12) or a _ThreadHandle
// (3.13+), whose event is what those who join park on (Modules/_threadmodule.c). 2.7 has neither.
// Some ten reads a thread. Not while the target is stopped.
#ifndef SPYHOP_SAMPLER_PYTHON_THREAD_ENDS_H_
#define SPYHOP_SAMPLER_PYTHON_THREAD_ENDS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "base/remote_memory.h"
#include "interp_layouts/layout.h"

namespace spyhop {

class ThreadEnds {
 public:
  // Of the threads that the interpreter at `interpreter` knows now.
  ThreadEnds(RemoteMemory& memory, const Layout& layout, RemoteAddress interpreter);

  // PyThreadState.thread_id of the thread whose end is told by the lock object `lock`, or by
  // something at the address `parked`.
  std::optional<uint64_t> WhoseLock(RemoteAddress lock) const;
  std::optional<uint64_t> WhoseHandle(RemoteAddress parked) const;

 private:
  struct End {
    uint64_t thread_id = 0;
    RemoteAddress lock;
    AddressRange handle;
  };
  std::vector<End> ends_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_THREAD_ENDS_H_
