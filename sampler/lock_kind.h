// Which of Python's locks a thread sleeps on, where its frames do not tell: `lock.acquire()` has no
// frame of its own.
//
// The object is found by its pointer on the thread's C stack, or by what the parking lot has put
// there, and must prove itself: it holds the very address that the futex call waits on, and its
// type has the name of a lock's. So an answer is never a guess; no answer is possible. Valid while
// the thread stays blocked; two or three batched reads, 10 to 40 us.
#ifndef SPYHOP_SAMPLER_LOCK_KIND_H_
#define SPYHOP_SAMPLER_LOCK_KIND_H_

#include <string_view>

#include "base/remote_memory.h"
#include "sampler/target/thread_probe.h"

namespace spyhop {

// "threading.Lock", "threading.RLock", "queue.get", "multiprocessing.Lock"; empty: not known.
std::string_view FindLockKind(RemoteMemory& memory, const SyscallState& futex);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_LOCK_KIND_H_
