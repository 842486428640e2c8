// Which of Python's locks a thread sleeps on, where its frames do not tell: `lock.acquire()` has no
// frame of its own.
//
// The object is found by its pointer on the thread's C stack, or by what the parking lot has put
// there, and must prove itself: it holds the very address that the futex call waits on, and its
// type has the name of a lock's. So an answer is never a guess; no answer is possible. Valid while
// the thread stays blocked; two or three batched reads, 10 to 40 us.
#ifndef SPYHOP_SAMPLER_LOCK_KIND_H_
#define SPYHOP_SAMPLER_LOCK_KIND_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/types/span.h"
#include "base/remote_memory.h"
#include "sampler/target/thread_probe.h"

namespace spyhop {

inline constexpr std::string_view kPlainLock = "threading.Lock";
inline constexpr std::string_view kRecursiveLock = "threading.RLock";

struct FoundLock {
  std::string_view kind;  // kPlainLock, kRecursiveLock, "queue.get", "multiprocessing.Lock"
  RemoteAddress object;   // the Python object
  RemoteAddress members;  // what lies behind its header: the lock, or a pointer to it
  bool parked = false;    // a PyMutex, not a semaphore
};

// `more`: where else the object may be, such as on the Python stack: C code may keep its pointer in
// registers only.
std::optional<FoundLock> FindLock(RemoteMemory& memory, const SyscallState& futex,
                                  absl::Span<const RemoteAddress> more = {});
// FindLock's kind; empty: not known.
std::string_view FindLockKind(RemoteMemory& memory, const SyscallState& futex);

// What the parking lot would say that this thread waits for (3.13+), if it is the parking lot that
// it waits in: the caller has to know that the address means something.
std::optional<RemoteAddress> ParkedAt(RemoteMemory& memory, const SyscallState& futex);

// kPlainLock or kRecursiveLock when `object` is such a lock; empty: it is none.
std::string_view KindOfLockObject(RemoteMemory& memory, RemoteAddress object);

// Somebody has it. False while it is being handed over: the waiter has not been woken up yet.
bool IsTaken(RemoteMemory& memory, const FoundLock& lock, const SyscallState& futex);

// Who has taken a lock of kRecursiveLock: PyThreadState.thread_id; nullopt: nobody.
std::optional<uint64_t> OwnerOf(RemoteMemory& memory, const FoundLock& lock);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_LOCK_KIND_H_
