#include "sampler/stack_reader.h"

#include <algorithm>
#include <utility>

namespace spyhop {
namespace {

// A read that raced is repeated so often.
constexpr int kTries = 8;
// A thread whose stack was seen to change is under suspicion for so many samples more, at most so
// many ...
constexpr int kSuspicion = 8;
constexpr int kMovingFor = 64;
// ... in which so many double copies in a row have to agree.
constexpr int kAgreements = 3;
constexpr uint64_t kMaxRandomSpin = 3 * kMicrosecond;

// A stop can fall between two stores that belong together; see InterpFrameWalker::IsRoot.
void Keep(WatchedThread& thread) {
  const bool torn = thread.stack.error().code == SampleErrorCode::kIncompleteFrame;
  thread.reading = torn ? Reading::kLost : Reading::kFresh;
  thread.lost_cause = thread.stack.error().code;
}

constexpr Nanos kSchedStatLife = kMillisecond;

// A stop longer than this is no stop: the thread was waiting for a CPU when the kick arrived.
constexpr Nanos kPlainStop = 100 * kMicrosecond;

// How long the target was held. The kick reaches a thread that is queued for a CPU only when it
// gets one; that wait is the scheduler's, not ours.
Nanos HeldFor(WatchedThread& thread, Nanos stop) {
  if (stop < kPlainStop) return stop;
  const std::optional<SchedStat> after = thread.probe.ReadSchedStat();
  if (!after) return stop;
  return std::max(stop - (after->run_queue - thread.sched.run_queue), Nanos{0});
}

void Lose(WatchedThread& thread, SampleErrorCode cause) {
  thread.reading = Reading::kLost;
  thread.lost_cause = cause;
}

}  // namespace

void StackReader::ReadRound(const ThreadStates& states, const WatchedThreads& threads,
                            const Options& options, ThreadStopControl& control,
                            DurationHistogram& stops) {
  SortOut(states, threads, options);
  ReadBlocked(states);
  for (WatchedThread* holder : holders_) {
    if (control.needs_retirement()) {
      Lose(*holder, SampleErrorCode::kNotStopped);
    } else {
      StopAndRead(states, *holder, options, control, stops);
    }
  }
  for (WatchedThread* thread : running_) {
    if (thread->reading == Reading::kNone) ReadTwice(states, *thread, options);
  }
}

void StackReader::SortOut(const ThreadStates& states, const WatchedThreads& threads,
                          const Options& options) {
  blocked_.clear();
  holders_.clear();
  running_.clear();
  for (const std::unique_ptr<WatchedThread>& thread : threads) {
    const GilReader& gil = *states.interpreters()[thread->state.interpreter].gil;
    thread->reading = Reading::kNone;
    thread->blocked = false;
    thread->holds_gil = gil.holder() == thread->state.address;
    thread->collects_garbage = false;
    if (options.gil_only && !thread->holds_gil) continue;
    SortOutOne(*thread, options);
    // Without a GIL each running thread is a "holder" of its own.
    if (thread->reading == Reading::kNone && !thread->blocked) {
      const bool stop = options.pause == PauseMode::kAuto && (thread->holds_gil || !gil.enabled());
      (stop ? holders_ : running_).push_back(thread.get());
    }
  }
}

void StackReader::SortOutOne(WatchedThread& thread, const Options& options) {
  const bool settled = std::exchange(thread.settled, false);
  if (thread.holds_gil && !settled) {
    // It runs, as a rule; its schedstat is then read when it is needed.
    if (options.pause == PauseMode::kNever) return RefreshSched(thread);
    const std::optional<SyscallState> call = thread.probe.ReadSyscall();
    if (!call || call->running) return;
  }
  const std::optional<SchedStat> sched = thread.probe.ReadSchedStat();
  if (!sched) {
    thread.reading = Reading::kGone;
    return;
  }
  thread.sched = *sched;
  if (settled && sched->slices == thread.settled_slices) {
    thread.settled = true;
    thread.blocked = true;
    thread.reading = Reading::kReused;
    return;
  }
  // Asked after the slices were counted: see ReadBlocked.
  const std::optional<SyscallState> call = thread.probe.ReadSyscall();
  if (!call || call->running) return;
  thread.call = *call;
  thread.blocked = true;
  blocked_.push_back(&thread);
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
  }
  memory_.ReadBatch(absl::MakeSpan(batch_));
  const ReadRequest* requests = batch_.data();
  for (WatchedThread* thread : blocked_) {
    requests += thread->walker->Walk(memory_, requests, thread->stack);
    ReadOn(states, *thread);
    const std::optional<SchedStat> after = thread->probe.ReadSchedStat();
    if (!after) {
      thread->reading = Reading::kGone;
    } else if (after->slices == thread->sched.slices) {
      thread->settled = true;
      thread->settled_slices = after->slices;
      Keep(*thread);
    } else {
      thread->blocked = false;
      running_.push_back(thread);
    }
  }
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
                              const Options& options, ThreadStopControl& control,
                              DurationHistogram& stops) {
  GilReader& gil = *states.interpreters()[holder.state.interpreter].gil;
  batch_.clear();
  gil.AppendTo(batch_);
  AppendCollecting(states.interpreters()[holder.state.interpreter].address);
  holder.walker->Prepare(memory_, holder.state.address, states.copy_of(holder.state),
                         CopyBudget::kBounded);
  holder.walker->AppendTo(batch_);
  frozen_.clear();
  for (WatchedThread* thread : running_) {
    const GilReader& other = *states.interpreters()[thread->state.interpreter].gil;
    if (!gil.enabled() || other.address() != gil.address()) continue;
    thread->walker->Prepare(memory_, thread->state.address, states.copy_of(thread->state),
                            CopyBudget::kBounded);
    thread->walker->AppendTo(batch_);
    frozen_.push_back(thread);
  }
  // Read last, so that what it queues for a CPU until the stop can be told from the stop.
  if (const auto sched = holder.probe.ReadSchedStat()) holder.sched = *sched;
  bool others_frozen = false;
  StopOutcome outcome;
  {
    ScopedStop stop(control, holder.tid);
    outcome = stop.outcome();
    if (stop.stopped()) ReadWhileStopped(holder, gil, others_frozen);
  }
  switch (outcome) {
    case StopOutcome::kStopped:
      stops.Add(HeldFor(holder, control.last_stop()));
      holder.holds_gil = gil.holder() == holder.state.address;
      Keep(holder);
      if (others_frozen) {
        for (WatchedThread* thread : frozen_) Keep(*thread);
      }
      return;
    case StopOutcome::kGone:
      holder.reading = Reading::kGone;
      return;
    case StopOutcome::kRefused:
      // Another tracer has it (a debugger): as with --pause=never.
      return ReadTwice(states, holder, {PauseMode::kNever, options.gil_only, false});
    case StopOutcome::kLate:
      return Lose(holder, SampleErrorCode::kNotStopped);
  }
}

// Whether a garbage collection runs in the interpreter: the thread that holds the GIL does it.
void StackReader::AppendCollecting(RemoteAddress interpreter) {
  const Field<int32_t>& field = layout_.interpreter.gc_collecting;
  collecting_ = 0;
  batch_.push_back({field.present() ? field.At(interpreter) : interpreter, &collecting_,
                    field.present() ? sizeof(collecting_) : 0, 0});
}

void StackReader::ReadWhileStopped(WatchedThread& holder, GilReader& gil,
                                   bool& others_frozen) noexcept {
  memory_.ReadBatch(absl::MakeSpan(batch_));
  gil.Settle(batch_.front());
  holder.collects_garbage = collecting_ != 0;
  const ReadRequest* requests = batch_.data() + 2;
  requests += holder.walker->Walk(memory_, requests, holder.stack);
  others_frozen = gil.holder() == holder.state.address;
  if (!others_frozen) return;
  for (WatchedThread* thread : frozen_) {
    requests += thread->walker->Walk(memory_, requests, thread->stack);
  }
}

void StackReader::ReadTwice(const ThreadStates& states, WatchedThread& thread,
                            const Options& options) {
  if (thread.second_walker == nullptr) {
    thread.second_walker = MakeFrameWalker(layout_);
    thread.second_stack = std::make_unique<RawStack>(kMaxFrames);
    thread.earlier_stack = std::make_unique<RawStack>(kMaxFrames);
  }
  if (options.pause == PauseMode::kNever && options.share_cpu && thread.moving > 1 &&
      ReadOnItsCpu(thread)) {
    if (--thread.moving == 1) cpu_sharing_.End();
    return Keep(thread);
  }
  GilReader& gil = *states.interpreters()[thread.state.interpreter].gil;
  // With stops allowed, a thread that runs Python is read in one; this is for those without the
  // GIL.
  const bool must_lack_gil = options.pause == PauseMode::kAuto && gil.enabled();
  const uint8_t* copy = states.copy_of(thread.state);
  tstate_copy_.resize(layout_.thread.size);
  int agreed = 0;
  for (int i = 0; i < kTries; ++i) {
    if (i != 0) {
      SpinAtRandom();
      if (!memory_.ReadAll(thread.state.address, tstate_copy_.data(), tstate_copy_.size())) break;
      copy = tstate_copy_.data();
    }
    thread.walker->Prepare(memory_, thread.state.address, copy, CopyBudget::kBounded);
    thread.second_walker->Prepare(memory_, thread.state.address, copy, CopyBudget::kBounded);
    const bool same = TryReadTwice(thread, gil, must_lack_gil);
    if (must_lack_gil && gil.holder() == thread.state.address) break;
    agreed = same ? CountAgreement(thread, agreed) : 0;
    if (!same) thread.moving = std::min(thread.moving + kSuspicion, kMovingFor);
    if (agreed >= (thread.moving > 0 ? kAgreements : 1)) {
      thread.moving = std::max(thread.moving - 1, 0);
      return Keep(thread);
    }
  }
  Lose(thread, must_lack_gil ? SampleErrorCode::kNotSeen : SampleErrorCode::kChanged);
}

// While we run on the CPU the thread is on, it does not; and as long as its slices do not move
// (they are counted before a thread can do anything), it has not been put on another: 0 impossible
// stacks of 413,308. The order matters: slices, CPU, stack, slices.
bool StackReader::ReadOnItsCpu(WatchedThread& thread) {
  for (int i = 0; i < kTries; ++i) {
    const std::optional<int> cpu = thread.probe.ReadCpu();
    if (!cpu || !cpu_sharing_.MoveTo(*cpu)) return false;
    const std::optional<SchedStat> before = thread.probe.ReadSchedStat();
    if (!before || thread.probe.ReadCpu() != sched_getcpu()) continue;
    tstate_copy_.resize(layout_.thread.size);
    if (!memory_.ReadAll(thread.state.address, tstate_copy_.data(), tstate_copy_.size())) break;
    thread.walker->Prepare(memory_, thread.state.address, tstate_copy_.data(),
                           CopyBudget::kBounded);
    batch_.clear();
    thread.walker->AppendTo(batch_);
    memory_.ReadBatch(absl::MakeSpan(batch_));
    thread.walker->Walk(memory_, batch_.data(), thread.stack);
    const std::optional<SchedStat> after = thread.probe.ReadSchedStat();
    if (!after || after->slices != before->slices) continue;
    thread.sched = *after;
    return true;
  }
  return false;
}

// How often in a row the stack has been the same, this time included.
int StackReader::CountAgreement(WatchedThread& thread, int agreed) {
  if (agreed > 0 && !thread.stack.SameChain(*thread.earlier_stack)) agreed = 0;
  if (thread.moving > 0) *thread.earlier_stack = thread.stack;
  return agreed + 1;
}

// So that a program which comes back to the same place at a steady pace is not met there each time.
void StackReader::SpinAtRandom() {
  const Nanos until = clock_.Now() + static_cast<Nanos>(random_() % kMaxRandomSpin);
  while (clock_.Now() < until) {
  }
}

// A stack that is put together from two instants differs from a second copy of it, made right
// behind in the same call (the leaf's instruction left aside). It can be the same by chance where
// the program comes back to the same place in just that time: for a thread without the GIL, before
// and after, that is ruled out; one that was seen to move must be met in the same place more often.
bool StackReader::TryReadTwice(WatchedThread& thread, GilReader& gil, bool must_lack_gil) {
  batch_.clear();
  if (must_lack_gil) gil.AppendTo(batch_);
  const size_t first = batch_.size();
  thread.walker->AppendTo(batch_);
  thread.second_walker->AppendTo(batch_);
  if (must_lack_gil) {
    gil_after_ = gil;
    gil_after_->AppendTo(batch_);
  }
  memory_.ReadBatch(absl::MakeSpan(batch_));
  const ReadRequest* requests = batch_.data() + first;
  requests += thread.walker->Walk(memory_, requests, thread.stack);
  thread.second_walker->Walk(memory_, requests, *thread.second_stack);
  if (thread.walker->missed() || thread.second_walker->missed()) return false;
  if (must_lack_gil) {
    gil.Settle(batch_.front());
    gil_after_->Settle(batch_.back());
    if (gil.holder() == thread.state.address) return false;
    if (gil_after_->holder() == thread.state.address) return false;
  }
  return thread.stack.SameChain(*thread.second_stack) &&
         (thread.stack.whole() || thread.stack.error().code == SampleErrorCode::kTooDeep);
}

}  // namespace spyhop
