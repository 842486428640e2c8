#include "sampler/target/thread_stop.h"

#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>

namespace spyhop {
namespace {

// Spinning longer takes the CPU which the target may need to reach its stop: unbounded, p99 of the
// stop was 4.3 ms with four busy threads on two CPUs.
constexpr Nanos kMaxSpin = 30 * kMicrosecond;
// Reached by sleeping at once, when the thread shares our CPU; the kick to another one takes
// longer.
constexpr Nanos kSharedCpuStop = 20 * kMicrosecond;
constexpr Nanos kPollEvery = 3 * kMicrosecond;
// A running thread stops within a scheduler tick unless it is uninterruptible or has no CPU (a
// cgroup that has used up its quota: up to 100 ms). It is not held while it is waited for.
constexpr Nanos kDeadline = 250 * kMillisecond;

// With several targets another tracer thread may take the SIGCHLD that was for this one, so no wait
// for it is long.
constexpr Nanos kLongestNap = 200 * kMicrosecond;

MonotonicClock monotonic;

void SpinUntil(Nanos instant) noexcept {
  while (monotonic.Now() < instant) __builtin_ia32_pause();
}

// System calls that return EINTR after any stop, even without a signal handler (signal(7),
// "Interruption of system calls and library functions by stop signals", and those listed there as
// never restarted), and which have done nothing yet when they do, so that calling again is the
// same. (After connect(2) it is not: the connection goes on being made.)
bool IsRepeatable(const user_regs_struct& registers) {
  switch (registers.orig_rax) {
    case SYS_epoll_pwait:
    case SYS_epoll_pwait2:
      // With a signal mask (argument 5) a signal may be open to this call alone; one that came
      // between our look and the resume would be handled outside of it, and never seen again.
      return registers.r8 == 0;
    case SYS_epoll_wait:
    case SYS_semop:
    case SYS_semtimedop:
    case SYS_io_getevents:
    case SYS_msgrcv:
    case SYS_msgsnd:
    case SYS_read:
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_recvmmsg:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_sendmmsg:
    case SYS_rt_sigtimedwait:
    case SYS_accept:
    case SYS_accept4:
      return true;
    default:
      return false;
  }
}

}  // namespace

ThreadStopper::ThreadStopper() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

StopOutcome ThreadStopper::Stop(int tid) noexcept {
  tid_ = tid;
  signal_ = 0;
  if (ptrace(PTRACE_SEIZE, tid, nullptr, nullptr) != 0) {
    return errno == ESRCH ? StopOutcome::kGone : StopOutcome::kRefused;
  }
  kicked_ = monotonic.Now();
  if (ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr) != 0) {
    // Only a thread that is ending refuses; it is waited for below or vanishes.
    needs_retirement_ = true;
    return StopOutcome::kGone;
  }
  switch (AwaitStop()) {
    case Wait::kStopped:
      ReadRegisters();
      return StopOutcome::kStopped;
    case Wait::kGone:
      return StopOutcome::kGone;
    case Wait::kNotYet:
      break;
  }
  needs_retirement_ = true;
  return StopOutcome::kLate;
}

ThreadStopper::Wait ThreadStopper::PollStop() noexcept {
  int status = 0;
  const pid_t pid = waitpid(tid_, &status, __WALL | WNOHANG);
  if (pid == 0) return Wait::kNotYet;
  // It has made an exec: it is still ours, but by the id of the process now (ptrace(2), "execve(2)
  // under ptrace").
  if (pid < 0) needs_retirement_ = true;
  if (pid < 0 || !WIFSTOPPED(status)) return Wait::kGone;
  // ptrace(2): a stop with PTRACE_EVENT_STOP is ours or a group stop; any other is the delivery of
  // a signal, which has to be passed on.
  if (status >> 16 != PTRACE_EVENT_STOP) signal_ = WSTOPSIG(status);
  return Wait::kStopped;
}

ThreadStopper::Wait ThreadStopper::AwaitStop() noexcept {
  const int cpu = sched_getcpu();
  // Where the thread was on this very CPU it cannot reach its stop before we sleep.
  const bool spin_first = cpu != shared_cpu_;
  Wait wait = spin_first ? SpinForStop() : Wait::kNotYet;
  if (wait != Wait::kNotYet) {
    const Nanos kick = std::min(monotonic.Now() - kicked_, kMaxSpin);
    expected_kick_ += (kick - expected_kick_) / 8;
    return wait;
  }
  wait = SleepForStop();
  const bool at_once = monotonic.Now() - kicked_ < kSharedCpuStop;
  shared_cpu_ = spin_first || at_once ? cpu : kNoCpu;
  return wait;
}

ThreadStopper::Wait ThreadStopper::SpinForStop() noexcept {
  // Most of the wait is the kick travelling; polling then would only cost system calls.
  SpinUntil(kicked_ + std::min(expected_kick_ * 3 / 4, kMaxSpin));
  for (;;) {
    const Wait wait = PollStop();
    const Nanos now = monotonic.Now();
    if (wait != Wait::kNotYet || now - kicked_ > kMaxSpin) return wait;
    SpinUntil(now + kPollEvery);
  }
}

ThreadStopper::Wait ThreadStopper::SleepForStop() noexcept {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  for (;;) {
    const Nanos left = kicked_ + kDeadline - monotonic.Now();
    if (left <= 0) return Wait::kNotYet;
    // A SIGCHLD of an earlier stop may still be pending; it costs one more turn.
    const timespec timeout{0, static_cast<long>(std::min(left, kLongestNap))};
    sigtimedwait(&set, nullptr, &timeout);
    const Wait wait = PollStop();
    if (wait != Wait::kNotYet) return wait;
  }
}

void ThreadStopper::ReadRegisters() noexcept {
  where_ = {};
  registers_.emplace();
  if (ptrace(PTRACE_GETREGS, tid_, nullptr, &*registers_) != 0) return registers_.reset();
  where_.pc = RemoteAddress(registers_->rip);
  where_.stack_pointer = RemoteAddress(registers_->rsp);
  where_.rbp = registers_->rbp;
  where_.in_kernel = static_cast<int64_t>(registers_->orig_rax) >= 0;
  if (where_.in_kernel) where_.system_call = static_cast<int>(registers_->orig_rax);
}

void ThreadStopper::Resume() noexcept {
  RestartInterruptedCall();
  last_stop_ = monotonic.Now() - kicked_;
  ptrace(PTRACE_DETACH, tid_, nullptr, signal_);
}

// The thread ran when it was looked at; if in the microseconds until the kick arrived it entered a
// call that stops interrupt, the kernel has that call return EINTR now, which the program would not
// have seen without us. Going back to the `syscall` instruction (2 bytes) makes the call again, as
// the kernel itself does for most calls (arch/x86/kernel/signal.c, handle_signal: ip -= 2). Not
// when a signal is pending: then EINTR is the signal's doing.
void ThreadStopper::RestartInterruptedCall() noexcept {
  if (!registers_) return;
  user_regs_struct& registers = *registers_;
  const auto result = static_cast<int64_t>(registers.rax);
  const auto number = static_cast<int64_t>(registers.orig_rax);
  if (result != -EINTR || number < 0 || !IsRepeatable(registers)) return;
  if (signal_ != 0 || HasPendingSignal()) return;
  registers.rax = registers.orig_rax;
  registers.rip -= 2;
  if (ptrace(PTRACE_SETREGS, tid_, nullptr, &registers) == 0) ++restarted_calls_;
}

bool ThreadStopper::HasPendingSignal() const noexcept {
  uint64_t blocked = 0;
  if (ptrace(PTRACE_GETSIGMASK, tid_, sizeof(blocked), &blocked) != 0) return true;
  for (const uint32_t flags : {uint32_t{0}, uint32_t{PTRACE_PEEKSIGINFO_SHARED}}) {
    siginfo_t infos[32];
    __ptrace_peeksiginfo_args arguments{0, flags, 32};
    const long count = ptrace(PTRACE_PEEKSIGINFO, tid_, &arguments, infos);
    if (count < 0) return true;
    for (long i = 0; i < count; ++i) {
      if ((blocked >> (infos[i].si_signo - 1) & 1) == 0) return true;
    }
  }
  return false;
}

}  // namespace spyhop
