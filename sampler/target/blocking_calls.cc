#include "sampler/target/blocking_calls.h"

#include <linux/futex.h>
#include <sys/syscall.h>

#include "sampler/target/syscall_names.h"

namespace spyhop {
namespace {

using Object = CallObject;
using Kind = CallKind;

// Newer than the oldest headers Spyhop is built with; the numbers are the same on every machine.
constexpr int kFutexWaitv = 449;  // Linux 5.16
constexpr int kFutexWait = 455;   // Linux 6.7
constexpr int kEpollPwait2 = 441;

// Clock ids (clock_gettime(2)) are small, pointers are not.
constexpr uint64_t kMostClocks = 16;
// Above the number of descriptors that a process may have (fs.nr_open).
constexpr uint64_t kMostPolled = 1 << 20;

}  // namespace

BlockingCall FindBlockingCall(int number) {
  switch (number) {
    case SYS_read:
    case SYS_readv:
    case SYS_pread64:
    case SYS_preadv:
    case SYS_preadv2:
      return {"read", Object::kDescriptor, Kind::kRead};
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_recvmmsg:
      return {"recv", Object::kDescriptor, Kind::kRead};
    case SYS_write:
    case SYS_writev:
    case SYS_pwrite64:
    case SYS_pwritev:
    case SYS_pwritev2:
      return {"write", Object::kDescriptor};
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_sendmmsg:
      return {"send", Object::kDescriptor};
    case SYS_accept:
    case SYS_accept4:
      return {"accept", Object::kDescriptor, Kind::kAccept};
    case SYS_connect:
      return {"connect", Object::kAddress};
    case SYS_epoll_wait:
    case SYS_epoll_pwait:
    case kEpollPwait2:
      return {"epoll_wait", Object::kDescriptor, Kind::kPoll};
    case SYS_poll:
    case SYS_ppoll:
      return {"poll", Object::kPollSet, Kind::kPoll};
    case SYS_select:
    case SYS_pselect6:
      return {"select", Object::kSelectSet, Kind::kPoll};
    case SYS_nanosleep:
    case SYS_clock_nanosleep:
      return {"sleep", Object::kSleep, Kind::kSleep};
    case SYS_futex:
    case kFutexWaitv:
    case kFutexWait:
      return {"futex", Object::kFutex, Kind::kLock};
    case SYS_wait4:
      return {"child", Object::kChild};
    case SYS_waitid:
      return {"child", Object::kChildId};
    case SYS_open:
      return {"open", Object::kPath};
    case SYS_openat:
    case SYS_openat2:
      return {"open", Object::kPathAt};
    case SYS_fcntl:
      return {nullptr, Object::kFileLock};
    case SYS_flock:
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_sync_file_range:
    case SYS_fallocate:
    case SYS_ftruncate:
    case SYS_sendfile:
    case SYS_splice:
    case SYS_copy_file_range:
    case SYS_ioctl:
    case SYS_close:
    case SYS_getdents64:
    case SYS_fstat:
    case SYS_lseek:
      return {nullptr, Object::kDescriptor};
    case SYS_rt_sigtimedwait:
    case SYS_rt_sigsuspend:
    case SYS_pause:
      return {"signal"};
    default:
      return {};
  }
}

SyscallState UndoRestart(const SyscallState& call) {
  if (call.number != SYS_restart_syscall) return call;
  SyscallState original = call;
  // The four that are restarted so: kernel/time/{hrtimer,posix-timers}.c, kernel/futex,
  // fs/select.c.
  const uint64_t operation = call.arguments[1] & ~uint64_t{FUTEX_CLOCK_REALTIME};
  // A shared one only in the form that sem_timedwait uses: the others may be numbers of
  // descriptors.
  const bool futex = operation == FUTEX_WAIT_PRIVATE || operation == FUTEX_WAIT_BITSET_PRIVATE ||
                     call.arguments[1] == (FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME);
  const bool clock = call.arguments[0] < kMostClocks;
  const bool count = call.arguments[1] != 0 && call.arguments[1] < kMostPolled;
  if (!clock && futex) {
    original.number = SYS_futex;
  } else {
    original.number = !clock && count ? SYS_poll : SYS_clock_nanosleep;
  }
  return original;
}

bool IsSharedFutex(const SyscallState& call) {
  return call.number == SYS_futex && (call.arguments[1] & FUTEX_PRIVATE_FLAG) == 0;
}

bool HasTimeout(const SyscallState& call) {
  return call.number != SYS_futex || call.arguments[3] != 0;
}

}  // namespace spyhop
