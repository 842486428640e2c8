// Stopping one thread of the target for microseconds, and letting it go.
//
//   ThreadStopper stopper;                    // in the tracer thread, used by it alone
//   ScopedStop stop(stopper, tid);
//   if (stop.outcome() == StopOutcome::kStopped) { ...one batched read...; }
//                                             // resumed and detached at the end of the scope
//
// PTRACE_SEIZE, INTERRUPT, wait, DETACH at each stop, so that between samples nothing is attached:
// no signal to the target waits for us, and the kernel frees all when the tracer thread or the
// process ends. Never SIGSTOP, never PTRACE_ATTACH. A signal that arrives meanwhile is delivered on
// resume; a job-control stop is left as it was. Costs 20 us on a VM, of which 17 are the kick.
//
// A thread must not be stopped while it is blocked in the kernel: its call could return EINTR. The
// caller checks that first; when the thread went into a call just between the check and the stop,
// Resume makes the interrupted call start again (see RestartInterruptedCall).
#ifndef SPYHOP_SAMPLER_TARGET_THREAD_STOP_H_
#define SPYHOP_SAMPLER_TARGET_THREAD_STOP_H_

#include <sys/user.h>

#include <cstdint>
#include <optional>

#include "base/address.h"
#include "base/clock.h"

namespace spyhop {

enum class StopOutcome : uint8_t {
  kStopped,
  kGone,     // ended meanwhile
  kRefused,  // no permission, or another tracer holds it
  kLate,     // did not stop within the deadline (uninterruptible): see needs_retirement()
};

// Where a thread is that does not run.
struct StoppedAt {
  RemoteAddress pc;
  RemoteAddress stack_pointer;
  std::optional<uint64_t> rbp;  // known of a stopped one
  bool in_kernel = false;       // in a system call that it will go on with
  int system_call = -1;         // which; -1: in none, or not known
};

class ThreadStopControl {
 public:
  virtual ~ThreadStopControl() = default;
  virtual StopOutcome Stop(int tid) noexcept = 0;
  // Lets the stopped thread go. Only after Stop returned kStopped, exactly once.
  virtual void Resume() noexcept = 0;
  // Of the stopped thread; null addresses when its registers could not be read.
  virtual const StoppedAt& where() const noexcept = 0;
  // How long the last stop held the thread at most: from before the kick to the call that let it
  // go. Its own gap is a few microseconds longer on both ends together.
  virtual Nanos last_stop() const noexcept = 0;
  // True when a thread is still seized and may stop any time: after kLate, and after the kGone of
  // one that has not ended. Only the end of the calling thread frees it (ptrace(2): the tracer's
  // death detaches), so the caller has to end.
  virtual bool needs_retirement() const noexcept = 0;
};

class ScopedStop {
 public:
  ScopedStop(ThreadStopControl& control, int tid) noexcept
      : control_(control), outcome_(control.Stop(tid)) {}
  ~ScopedStop() { Resume(); }
  ScopedStop(const ScopedStop&) = delete;
  ScopedStop& operator=(const ScopedStop&) = delete;

  StopOutcome outcome() const { return outcome_; }
  bool stopped() const { return outcome_ == StopOutcome::kStopped && !resumed_; }
  void Resume() noexcept {
    if (!stopped()) return;
    resumed_ = true;
    control_.Resume();
  }

 private:
  ThreadStopControl& control_;
  StopOutcome outcome_;
  bool resumed_ = false;
};

class ThreadStopper : public ThreadStopControl {
 public:
  // Blocks SIGCHLD in the calling thread: the kernel's word that a thread has stopped is waited
  // for with sigtimedwait. Every other thread of the process must block it too.
  ThreadStopper();

  StopOutcome Stop(int tid) noexcept override;
  void Resume() noexcept override;
  const StoppedAt& where() const noexcept override { return where_; }
  Nanos last_stop() const noexcept override { return last_stop_; }
  bool needs_retirement() const noexcept override { return needs_retirement_; }
  // Calls which a stop had interrupted and that were made to start again.
  uint64_t restarted_calls() const { return restarted_calls_; }

 private:
  enum class Wait : uint8_t { kStopped, kGone, kNotYet };

  Wait PollStop() noexcept;
  Wait AwaitStop() noexcept;
  Wait SpinForStop() noexcept;
  Wait SleepForStop() noexcept;
  void ReadRegisters() noexcept;
  void RestartInterruptedCall() noexcept;
  bool HasPendingSignal() const noexcept;

  int tid_ = 0;
  StoppedAt where_;
  std::optional<user_regs_struct> registers_;
  int signal_ = 0;  // to be delivered on resume
  bool needs_retirement_ = false;
  static constexpr int kNoCpu = -1;
  // The CPU that the thread seems to share with us; learned from how the last stops went.
  int shared_cpu_ = kNoCpu;
  Nanos kicked_ = 0;
  Nanos last_stop_ = 0;
  Nanos expected_kick_ = 0;  // running mean of kick to stop
  uint64_t restarted_calls_ = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_THREAD_STOP_H_
