// What each system call that can block is about: its plain name, and where its arguments say what
// it waits on. A table; pure.
#ifndef SPYHOP_SAMPLER_TARGET_BLOCKING_CALLS_H_
#define SPYHOP_SAMPLER_TARGET_BLOCKING_CALLS_H_

#include <cstdint>

#include "sampler/target/thread_probe.h"

namespace spyhop {

// What the call waits on, by its arguments.
enum class CallObject : uint8_t {
  kNone,
  kDescriptor,  // argument 0 is a file descriptor
  kPollSet,     // poll(2): array of pollfd and its length
  kSelectSet,   // select(2): highest descriptor + 1, three sets
  kPath,        // open(2): argument 0
  kPathAt,      // openat(2): folder and path
  kFileLock,    // fcntl(2) with a command that waits for a lock
  kAddress,     // connect(2): descriptor, address, its size
  kChild,       // wait4(2): pid
  kChildId,     // waitid(2): kind of id, id
  kFutex,
  kSleep,
};

// Kinds of waits which rules tell apart.
enum class CallKind : uint8_t {
  kOther,
  kRead,    // read, recv: waits for data
  kPoll,    // poll, select, epoll_wait
  kAccept,  // waits for a connection
  kLock,    // futex
  kSleep,
};

struct BlockingCall {
  const char* name = nullptr;  // "recv" for recvfrom and recvmsg; null: its own name will do
  CallObject object = CallObject::kNone;
  CallKind kind = CallKind::kOther;
};

BlockingCall FindBlockingCall(int number);

// The call itself in place of restart_syscall(2), which is what a poll, sleep or futex wait goes
// on as after the process was stopped and continued. Its arguments tell which it was.
SyscallState UndoRestart(const SyscallState& call);

// FUTEX_PRIVATE_FLAG is not set: the lock is shared between processes, as those of
// multiprocessing are.
bool IsSharedFutex(const SyscallState& call);
// The wait for a lock ends by itself; so does every other call, as far as this knows.
bool HasTimeout(const SyscallState& call);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_BLOCKING_CALLS_H_
