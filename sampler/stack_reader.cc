#include "sampler/stack_reader.h"

#include <algorithm>
#include <utility>

#include "sampler/target/syscall_names.h"

namespace spyhop {
namespace {

constexpr Nanos kSchedStatLife = kMillisecond;

constexpr Nanos kSureToRun = 50 * kMicrosecond;
// A stop longer than this is no stop: the thread was waiting for a CPU when the kick arrived.
constexpr Nanos kPlainStop = 100 * kMicrosecond;
// A thread that queued less than this at a stop may have had to give its CPU to us.
constexpr Nanos kOwnQueue = 300 * kMicrosecond;
// What was seen to run longer ago than this may be blocked by now.
constexpr Nanos kFreshLook = 20 * kMicrosecond;
// One that queued for more is taken to do so again for so long.
constexpr Nanos kCrowdedFor = 200 * kMillisecond;
// What only a stop can tell (native stacks) is asked for so often then.
constexpr Nanos kCrowdedStopEvery = 100 * kMillisecond;

}  // namespace

void StackReader::ReadRound(const ThreadStates& states, WatchedThreads threads,
                            const Options& options, ThreadStopControl& control,
                            DurationHistogram& stops) {
  waited_ = 0;
  looked_ = clock_.Now();
  native_ = options.native;
  SortOut(states, threads, options);
  ReadBlocked(states);
  for (WatchedThread* holder : holders_) {
    if (control.needs_retirement()) {
      holder->Lose(SampleErrorCode::kNotStopped);
    } else if (!options.share_cpu || !ReadCrowded(states, *holder)) {
      StopIfItRuns(states, *holder, control, stops);
    }
  }
  if (native_ && options.pause == PauseMode::kAuto) StopThoseWithoutGil(states, control, stops);
  for (WatchedThread* thread : running_) {
    if (thread->reading == Reading::kNone) ReadRunning(states, *thread, options);
  }
  if (options.pause == PauseMode::kAuto && holders_.empty()) {
    StopOneNotSeen(states, control, stops);
  }
}

// For their native stacks. One that waits for the GIL wakes up every 5 ms for some microseconds and
// would be asleep again when the kick arrives: stopped is who was on the same slice of its CPU for
// longer than that.
void StackReader::StopThoseWithoutGil(const ThreadStates& states, ThreadStopControl& control,
                                      DurationHistogram& stops) {
  for (WatchedThread* thread : running_) {
    if (thread->reading == Reading::kGone || control.needs_retirement()) continue;
    if (IsSpared(*thread)) continue;
    while (clock_.Now() < looked_ + kSureToRun) {
    }
    const std::optional<SchedStat> sched = thread->probe.ReadSchedStat();
    if (!sched || sched->slices != thread->sched.slices) continue;
    const std::optional<SyscallState> call = thread->probe.ReadSyscall();
    if (call && call->running) StopAndRead(states, *thread, control, stops);
  }
}

// Those that are blocked have been read since the thread was sorted out.
void StackReader::StopIfItRuns(const ThreadStates& states, WatchedThread& holder,
                               ThreadStopControl& control, DurationHistogram& stops) {
  if (clock_.Now() > looked_ + kFreshLook) {
    const std::optional<SyscallState> call = holder.probe.ReadSyscall();
    if (!call || !call->running) return holder.Lose(SampleErrorCode::kNotSeen);
  }
  StopAndRead(states, holder, control, stops);
}

// A thread that takes the GIL and lets go of it all the time (short reads and writes) is hardly met
// without it; the round's one stop is still to be had for it.
void StackReader::StopOneNotSeen(const ThreadStates& states, ThreadStopControl& control,
                                 DurationHistogram& stops) {
  for (WatchedThread* thread : running_) {
    const bool not_seen =
        thread->reading == Reading::kLost && thread->lost_cause == SampleErrorCode::kNotSeen;
    if (!not_seen) continue;
    const std::optional<SyscallState> call = thread->probe.ReadSyscall();
    if (!call || !call->running) continue;
    return StopAndRead(states, *thread, control, stops);
  }
}

void StackReader::SortOut(const ThreadStates& states, WatchedThreads threads,
                          const Options& options) {
  blocked_.clear();
  holders_.clear();
  running_.clear();
  for (WatchedThread* thread : threads) {
    const GilReader& gil = *states.interpreters()[thread->state.interpreter].gil;
    thread->reading = Reading::kNone;
    thread->blocked = false;
    thread->held = 0;
    thread->was_stopped = false;
    thread->stop_queued = 0;
    thread->holds_gil = thread->held_gil = gil.holder() == thread->state.address;
    thread->gil_was_free = gil.holder().is_null();
    thread->collects_garbage = false;
    if (options.gil_only && !thread->holds_gil) continue;
    SortOutOne(*thread, options);
    // Without a GIL each running thread is a "holder" of its own.
    if (thread->reading == Reading::kNone) thread->has_native = false;
    if (thread->reading == Reading::kNone && !thread->blocked) {
      const bool stop = options.pause == PauseMode::kAuto && (thread->holds_gil || !gil.enabled());
      (stop ? holders_ : running_).push_back(thread);
    }
  }
}

void StackReader::SortOutOne(WatchedThread& thread, const Options& options) {
  const bool settled = std::exchange(thread.settled, false);
  if (thread.holds_gil && !settled) {
    // It runs, as a rule; its schedstat is then read when it is needed.
    if (options.pause == PauseMode::kNever) return RefreshSched(thread);
    const std::optional<SyscallState> call = thread.probe.ReadSyscall();
    if (!call) {
      thread.reading = Reading::kGone;
      return;
    }
    if (call->running) {
      // What it queues for a CPU has to be told from the stop.
      if (thread.contended) RefreshSched(thread);
      return;
    }
  }
  const std::optional<SchedStat> sched = thread.probe.ReadSchedStat();
  if (!sched) {
    thread.reading = Reading::kGone;
    return;
  }
  thread.sched = *sched;
  // What it has queued at the end of a wait is no sign of a crowd.
  thread.queue_noted = sched->run_queue;
  if (settled && sched->slices == thread.settled_slices) {
    thread.settled = true;
    thread.blocked = true;
    thread.reading = thread.unrecorded ? Reading::kFresh : Reading::kReused;
    return;
  }
  // Asked after the slices were counted: see ReadBlocked.
  const std::optional<SyscallState> call = thread.probe.ReadSyscall();
  if (!call) thread.reading = Reading::kGone;
  if (!call || call->running) return;
  NoteCall(thread, *call);
  thread.blocked = true;
  blocked_.push_back(&thread);
}

// A call that was interrupted and goes on (by a stop, or job control) has another number then, and
// no arguments: see restart_syscall(2).
void StackReader::NoteCall(WatchedThread& thread, const SyscallState& call) {
  const bool goes_on = call.number == kRestartCall && call.pc == thread.call.pc &&
                       call.stack_pointer == thread.call.stack_pointer;
  if (!goes_on) thread.call = call;
}

// CPU times move at scheduler ticks only: at 100,000 rounds a second most would read the same
// again.
void StackReader::RefreshSched(WatchedThread& thread) {
  const Nanos now = clock_.Now();
  if (now - thread.sched_read < kSchedStatLife) return;
  thread.sched_read = now;
  const std::optional<SchedStat> sched = thread.probe.ReadSchedStat();
  if (sched) {
    thread.sched = *sched;
  } else {
    thread.reading = Reading::kGone;
  }
}

// These threads sleep in the kernel. If one wakes up while its stack is read, its count of slices
// moves (kernel/sched/stats.h, sched_info_arrive, which comes before the thread runs), and what was
// read is thrown away.
void StackReader::ReadBlocked(const ThreadStates& states) {
  if (blocked_.empty()) return;
  batch_.clear();
  for (WatchedThread* thread : blocked_) {
    thread->walker->Prepare(memory_, thread->state.address, states.copy_of(thread->state),
                            CopyBudget::kWhole);
    thread->walker->AppendTo(batch_);
    if (!native_) continue;
    MakeRoom(*thread);
    batch_.push_back(thread->native->Request(thread->call.stack_pointer));
  }
  memory_.ReadBatch(absl::MakeSpan(batch_));
  const ReadRequest* requests = batch_.data();
  for (WatchedThread* thread : blocked_) {
    requests += thread->walker->Walk(memory_, requests, thread->stack);
    if (native_) {
      thread->native->Settle(PlaceAtRest(thread->call), *requests++);
      thread->has_native = true;
    }
    ReadOn(states, *thread);
    const std::optional<SchedStat> after = thread->probe.ReadSchedStat();
    if (!after) {
      thread->reading = Reading::kGone;
    } else if (after->slices == thread->sched.slices) {
      thread->settled = true;
      thread->settled_slices = after->slices;
      thread->Keep();
    } else {
      thread->blocked = false;
      thread->has_native = false;
      running_.push_back(thread);
    }
  }
}

void StackReader::MakeRoom(WatchedThread& thread) const {
  if (thread.native == nullptr) thread.native = std::make_unique<NativeCopy>();
  if (native_) thread.native->Want(NativeCopy::kFirstBytes);
}

// A stack with more frames outside the data stack than one walk may fetch (deep recursion through
// C) is read again with what has been learned, until nothing new is learned.
void StackReader::ReadOn(const ThreadStates& states, WatchedThread& thread) {
  while (!thread.stack.whole() && thread.walker->missed() &&
         thread.stack.error().code == SampleErrorCode::kUnreadable) {
    const size_t before = thread.stack.frames().size();
    again_.clear();
    thread.walker->Prepare(memory_, thread.state.address, states.copy_of(thread.state),
                           CopyBudget::kWhole);
    thread.walker->AppendTo(again_);
    memory_.ReadBatch(absl::MakeSpan(again_));
    thread.walker->Walk(memory_, again_.data(), thread.stack);
    if (thread.stack.frames().size() <= before) return;
  }
}

void StackReader::StopAndRead(const ThreadStates& states, WatchedThread& holder,
                              ThreadStopControl& control, DurationHistogram& stops) {
  GilReader& gil = *states.interpreters()[holder.state.interpreter].gil;
  batch_.clear();
  gil.AppendTo(batch_);
  AppendCollecting(states.interpreters()[holder.state.interpreter].address);
  MakeRoom(holder);
  batch_.push_back({});  // its native stack
  holder.walker->Prepare(memory_, holder.state.address, states.copy_of(holder.state),
                         CopyBudget::kBounded);
  holder.walker->AppendTo(batch_);
  frozen_.clear();
  for (WatchedThread* thread : running_) {
    if (!holder.holds_gil) break;
    const GilReader& other = *states.interpreters()[thread->state.interpreter].gil;
    if (!gil.enabled() || other.address() != gil.address() || thread == &holder) continue;
    if (thread->reading != Reading::kNone) continue;
    thread->walker->Prepare(memory_, thread->state.address, states.copy_of(thread->state),
                            CopyBudget::kBounded);
    thread->walker->AppendTo(batch_);
    frozen_.push_back(thread);
  }
  bool others_frozen = false;
  StopOutcome outcome;
  {
    ScopedStop stop(control, holder.tid);
    outcome = stop.outcome();
    if (stop.stopped()) ReadWhileStopped(holder, gil, control.where(), others_frozen);
  }
  switch (outcome) {
    case StopOutcome::kStopped:
      CountStop(holder, control.last_stop(), stops);
      holder.holds_gil = gil.holder() == holder.state.address;
      holder.Keep();
      if (others_frozen) {
        for (WatchedThread* thread : frozen_) thread->Keep();
      }
      return;
    case StopOutcome::kGone:
      holder.reading = Reading::kGone;
      return;
    case StopOutcome::kRefused:
      // Another tracer has it (a debugger): as with --pause=never.
      return running_reader_.Read(states, holder, {});
    case StopOutcome::kLate:
      return holder.Lose(SampleErrorCode::kNotStopped);
  }
}

// The stop has brought the thread's CPU time up to date. A kick reaches a thread that is queued for
// a CPU only when it gets one; that wait is the scheduler's, not ours.
void StackReader::CountStop(WatchedThread& holder, Nanos stop, DurationHistogram& stops) {
  const Nanos queued_before = holder.sched.run_queue;
  if (const auto sched = holder.probe.ReadSchedStat()) holder.sched = *sched;
  const Nanos queued = holder.sched.run_queue - queued_before;
  // Else it queued earlier, or the kick met it in a system call, on a CPU.
  const bool late = stop >= kPlainStop && queued >= std::max(stop / 2, kOwnQueue);
  holder.held = stop < kPlainStop ? stop : std::max(stop - queued, Nanos{0});
  holder.stop_queued = late ? std::min(queued, stop) : 0;
  holder.contended = queued != 0;
  holder.last_stop = looked_;
  NoteCrowd(holder);
  if (stop >= kPlainStop) waited_ += stop;
  stops.Add(holder.held);
}

// A thread that is stopped gives its CPU away, and where others want it, gets it back a slice of
// theirs later: 400 stops a second, with 4 busy processes on 2 CPUs, left a program a third of what
// it had without us. One that is read from its own CPU was preempted, which costs it no place in
// the queue.
bool StackReader::ReadCrowded(const ThreadStates& states, WatchedThread& holder) {
  if (!IsSpared(holder)) return false;
  if (!running_reader_.ReadFromItsCpu(holder)) {
    // That CPU is not to be had: it is tried again for a thread that queues later.
    holder.crowded_until = 0;
    next_crowd_ = looked_ + kCrowdedFor;
    return false;
  }
  batch_.clear();
  AppendCollecting(states.interpreters()[holder.state.interpreter].address);
  memory_.ReadBatch(absl::MakeSpan(batch_));
  holder.collects_garbage = collecting_ != 0;
  NoteCrowd(holder);
  holder.Keep();
  return true;
}

bool StackReader::IsSpared(const WatchedThread& thread) const {
  if (looked_ >= thread.crowded_until) return false;
  return !native_ || looked_ < thread.last_stop + kCrowdedStopEvery;
}

// After `sched` was read.
void StackReader::NoteCrowd(WatchedThread& holder) const {
  const Nanos queued = holder.sched.run_queue - holder.queue_noted.value_or(holder.sched.run_queue);
  holder.queue_noted = holder.sched.run_queue;
  if (queued > kOwnQueue && looked_ >= next_crowd_) holder.crowded_until = looked_ + kCrowdedFor;
}

// Whether a garbage collection runs in the interpreter: the thread that holds the GIL does it.
void StackReader::AppendCollecting(RemoteAddress interpreter) {
  const Field<int32_t>& field = layout_.interpreter.gc_collecting;
  collecting_ = 0;
  batch_.push_back({field.present() ? field.At(interpreter) : interpreter, &collecting_,
                    field.present() ? sizeof(collecting_) : 0, 0});
}

void StackReader::ReadWhileStopped(WatchedThread& holder, GilReader& gil, const StoppedAt& where,
                                   bool& others_frozen) noexcept {
  ReadRequest& stack = batch_[2];
  stack = holder.native->Request(where.stack_pointer);
  memory_.ReadBatch(absl::MakeSpan(batch_));
  holder.was_stopped = !where.pc.is_null();
  holder.native->Settle(where, stack);
  holder.has_native = holder.was_stopped;
  gil.Settle(batch_.front());
  holder.collects_garbage = collecting_ != 0;
  const ReadRequest* requests = batch_.data() + 3;
  requests += holder.walker->Walk(memory_, requests, holder.stack);
  others_frozen = gil.holder() == holder.state.address;
  if (!others_frozen) return;
  for (WatchedThread* thread : frozen_) {
    requests += thread->walker->Walk(memory_, requests, thread->stack);
  }
}

// With stops allowed, a thread that runs Python is read in one; this is for those without the GIL.
void StackReader::ReadRunning(const ThreadStates& states, WatchedThread& thread,
                              const Options& options) {
  const bool never = options.pause == PauseMode::kNever;
  const bool has_gil = states.interpreters()[thread.state.interpreter].gil->enabled();
  running_reader_.Read(
      states, thread,
      {.must_lack_gil = !never && has_gil, .share_cpu = never && options.share_cpu});
}

}  // namespace spyhop
