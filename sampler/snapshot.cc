// TakeSnapshot: one round of the sampler's own machinery, without the sampler's clock.
#include <mutex>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "base/start_thread.h"
#include "sampler/attachment.h"
#include "sampler/classifier.h"
#include "sampler/core_process.h"
#include "sampler/locals_reader.h"
#include "sampler/native_stacks.h"
#include "sampler/relatives.h"
#include "sampler/sampler.h"
#include "sampler/snapshot_python_frame.h"
#include "sampler/snapshot_waits.h"
#include "sampler/stack_resolver.h"
#include "sampler/target/process_condition.h"
#include "sampler/target/process_files.h"
#include "sampler/target/scheduling.h"
#include "sampler/target/syscall_names.h"
#include "sampler/target/thread_stop.h"
#include "sampler/task_snapshot.h"

namespace spyhop {
namespace {

// Rounds until every thread has been read whole.
constexpr int kRounds = 8;

void Note(SampleErrorCode problem, SnapshotThread& out) {
  if (out.truncated == SampleErrorCode::kNone) out.truncated = problem;
}

void AddNativeFrame(const NativeStacks::Frame& native, NativeStacks& stacks, SnapshotThread& out) {
  SnapshotFrame frame;
  if (const std::optional<LineInfo::Place> place = stacks.LineOf(native)) {
    frame.file = place->file;
    frame.line = place->line;
  }
  frame.function = native.function->name;
  frame.module = native.function->module;
  frame.address = native.native.pc.value();
  frame.kind = FrameKind::kNative;
  out.frames.push_back(std::move(frame));
}

void AddSystemCall(const StoppedAt& where, SnapshotThread& out) {
  if (where.system_call < 0) return;
  SnapshotFrame frame;
  frame.function = SyscallName(where.system_call);
  frame.kind = FrameKind::kKernel;
  out.frames.push_back(std::move(frame));
}

class SnapshotTaker {
 public:
  SnapshotTaker(Attachment& attachment, const SnapshotOptions& options,
                std::mutex* alone = nullptr)
      : attachment_(attachment),
        options_(options),
        alone_(alone),
        classifier_(attachment),
        native_stacks_(attachment, options.native),
        native_waits_(attachment.files().live_pid(), attachment.memory()) {}

  // Error: no thread could be started.
  absl::StatusOr<Snapshot> Take();

 private:
  bool native() const { return options_.native != NativeDetail::kNone; }
  // Then the registers of all threads are known, and tell what each was doing.
  bool of_core() const { return attachment_.files().live_pid() == 0; }
  absl::Status ReadAlone();
  void ReadAll();
  bool ReadOnce(StackReader& reader, ThreadStopControl& control, bool crowded);
  void SpareThreads(Nanos until);
  bool AllRead();
  SnapshotThread Describe(const WatchedThread& thread);
  void AddFrames(const WatchedThread& thread, SnapshotThread& out);
  void AddMergedFrames(const WatchedThread& thread, SnapshotThread& out);
  void AddPythonFrame(const WatchedThread& thread, size_t index, SnapshotThread& out);
  void ReadLocals();
  bool DiedCollecting(const WatchedThread& thread) const;
  void Classify(const WatchedThread& thread, SnapshotThread& out);
  static void NameHolders(Snapshot& snapshot);
  void NoteWhatHoldsIt(const ProcessCondition& condition, Snapshot& snapshot);
  void AddNativeThreads(Snapshot& snapshot);
  void AddNativeFrames(ThreadProbe& probe, SnapshotThread& out);

  Attachment& attachment_;
  const SnapshotOptions options_;
  std::mutex* const alone_;
  Classifier classifier_;
  NativeStacks native_stacks_;
  WaitReasons native_waits_;
  DurationHistogram stops_;
  // Of each thread's frames; empty when not asked for.
  absl::flat_hash_map<uint64_t, std::vector<SnapshotLocals>> locals_;
};

absl::StatusOr<Snapshot> SnapshotTaker::Take() {
  const ProcessCondition condition = ConditionOf(ProcessFiles(attachment_.files().live_pid()));
  if (absl::Status read = ReadAlone(); !read.ok()) return read;
  ReadLocals();
  Snapshot snapshot;
  snapshot.target = attachment_.info();
  snapshot.start_time = attachment_.start_time();
  attachment_.RefreshNames();
  snapshot.time = absl::Now();
  snapshot.stopped = stops_.total();
  for (const WatchedThread* thread : attachment_.threads()) {
    if (thread->reading != Reading::kGone) snapshot.threads.push_back(Describe(*thread));
  }
  NameHolders(snapshot);
  SnapshotWaits(attachment_.memory(), attachment_.interpreter(), attachment_.codes(),
                attachment_.states(), attachment_.threads())
      .Tell(snapshot);
  AddNativeThreads(snapshot);
  snapshot.tasks = TaskSnapshot(attachment_).Take();
  NoteWhatHoldsIt(condition, snapshot);
  return snapshot;
}

// In a thread of its own, whose end frees what a stop that came too late still holds.
absl::Status SnapshotTaker::ReadAlone() {
  std::unique_lock<std::mutex> lock;
  if (alone_ != nullptr) lock = std::unique_lock(*alone_);
  absl::StatusOr<std::thread> tracer = StartThread([this] { ReadAll(); });
  if (!tracer.ok()) return tracer.status();
  tracer->join();
  return absl::OkStatus();
}

// A thread that was on a CPU when the process was stopped is in no system call; one that was not
// asked about (PauseMode::kNever) looks as if it ran.
void SnapshotTaker::NoteWhatHoldsIt(const ProcessCondition& condition, Snapshot& snapshot) {
  snapshot.held = condition.Describe(attachment_.pid());
  if (!condition.held()) return;
  for (SnapshotThread& thread : snapshot.threads) {
    const bool blocked = thread.time_class == TimeClass::kWait ||
                         thread.time_class == TimeClass::kIdle ||
                         thread.time_class == TimeClass::kGil;
    if (blocked && thread.wait_reason != SyscallName(-1)) continue;
    thread.time_class = TimeClass::kWait;
    thread.wait_reason = "stopped";
  }
}

void SnapshotTaker::ReadLocals() {
  if (!options_.locals) return;
  LocalsReader reader(attachment_.memory(), attachment_.interpreter().layout, *options_.locals);
  for (WatchedThread* thread : attachment_.threads()) {
    if (thread->reading == Reading::kGone || thread->reading == Reading::kLost) continue;
    locals_[thread->serial] = reader.Read(*thread);
  }
}

void SnapshotTaker::ReadAll() {
  const bool crowded = !native() && !of_core() && CpusAreShort();
  ThreadStopper stopper;
  StackReader reader(attachment_.memory(), attachment_.interpreter().layout);
  for (int round = 0; round < kRounds && !stopper.needs_retirement(); ++round) {
    if (!ReadOnce(reader, stopper, crowded)) return;
    if (AllRead()) return;
  }
}

// False: the target cannot be read. Whoever holds a thread must not have to queue for a CPU itself;
// what is done between the rounds can wait.
bool SnapshotTaker::ReadOnce(StackReader& reader, ThreadStopControl& control, bool crowded) {
  MonotonicClock clock;
  const ScopedUrgency urgent;
  if (attachment_.Look(clock.Now()) == ThreadStates::LookResult::kUnreadable) return false;
  if (crowded) SpareThreads(clock.Now() + kSecond);
  reader.ReadRound(attachment_.states(), attachment_.threads(),
                   {options_.pause, false, true, native() || of_core()}, control, stops_);
  return true;
}

// A stop would cost a thread its place in the queue for a CPU, and us ours while we hold it.
void SnapshotTaker::SpareThreads(Nanos until) {
  for (WatchedThread* thread : attachment_.threads()) thread->crowded_until = until;
}

bool SnapshotTaker::AllRead() {
  bool all = true;
  for (WatchedThread* thread : attachment_.threads()) {
    if (thread->reading == Reading::kLost) all = false;
    if (!native() || !thread->has_native) continue;
    const NativeStacks::Result stack = native_stacks_.Merge(*thread, MonotonicClock().Now());
    if (!NativeStacks::Grow(*thread->native, stack)) continue;
    thread->settled = false;
    all = false;
  }
  return all;
}

SnapshotThread SnapshotTaker::Describe(const WatchedThread& thread) {
  SnapshotThread out;
  out.tid = thread.tid;
  out.name = attachment_.NameOf(thread);
  out.interpreter_id = attachment_.states().interpreters()[thread.state.interpreter].id;
  const GilReader& gil = *attachment_.states().interpreters()[thread.state.interpreter].gil;
  out.gil = gil.enabled() ? gil.address().value() : 0;
  out.holds_gil = thread.holds_gil;
  out.cpu_time = thread.sched.on_cpu;
  out.slices = thread.sched.slices;
  if (thread.reading == Reading::kLost) {
    out.truncated = thread.lost_cause;
  } else {
    AddFrames(thread, out);
  }
  Classify(thread, out);
  return out;
}

void SnapshotTaker::Classify(const WatchedThread& thread, SnapshotThread& out) {
  const Nanos now = MonotonicClock().Now();
  if (!thread.blocked || thread.call.was_running) {
    out.time_class = classifier_.OfRunning(thread, false, now);
    return;
  }
  std::vector<WaitFrame> frames;
  for (const SnapshotFrame& frame : out.frames) {
    if (frame.kind == FrameKind::kPython) {
      frames.push_back({frame.file, frame.function, frame.line});
    }
  }
  WaitVerdict verdict = classifier_.OfBlocked(thread, frames, now);
  out.time_class = verdict.time_class;
  out.wait_reason = std::move(verdict.reason);
}

// Of those that wait for a GIL.
void SnapshotTaker::NameHolders(Snapshot& snapshot) {
  for (SnapshotThread& thread : snapshot.threads) {
    if (thread.time_class != TimeClass::kGil || thread.holds_gil) continue;
    const SnapshotThread* holder = snapshot.GilHolder(thread);
    if (holder == nullptr) continue;
    const SnapshotFrame* line = holder->Line();
    if (line == nullptr) continue;
    thread.wait_reason = GilReason(holder->name, line->file, line->line);
  }
}

void SnapshotTaker::AddFrames(const WatchedThread& thread, SnapshotThread& out) {
  out.truncated = thread.stack.error().code;
  if (native() && thread.has_native) return AddMergedFrames(thread, out);
  if (thread.collects_garbage || DiedCollecting(thread)) {
    SnapshotFrame frame;
    frame.function = kGarbageCollection;
    frame.kind = FrameKind::kGc;
    out.frames.push_back(std::move(frame));
  }
  for (size_t i = 0; i < thread.stack.frames().size(); ++i) AddPythonFrame(thread, i, out);
  if (native()) Note(SampleErrorCode::kNativeNotRead, out);
}

// The thread that held the GIL of a process that is no more.
bool SnapshotTaker::DiedCollecting(const WatchedThread& thread) const {
  const Field<int32_t>& field = attachment_.interpreter().layout.interpreter.gc_collecting;
  if (!of_core() || !thread.holds_gil || !field.present()) return false;
  const RemoteAddress state = attachment_.states().interpreters()[thread.state.interpreter].address;
  return attachment_.memory().Read<int32_t>(field.At(state)).value_or(0) != 0;
}

void SnapshotTaker::AddMergedFrames(const WatchedThread& thread, SnapshotThread& out) {
  AddSystemCall(thread.native->where(), out);
  const NativeStacks::Result stack = native_stacks_.Merge(thread, MonotonicClock().Now());
  for (const NativeStacks::Frame& frame : stack.frames) {
    if (frame.function == nullptr) {
      AddPythonFrame(thread, frame.python, out);
    } else {
      AddNativeFrame(frame, native_stacks_, out);
    }
  }
  Note(stack.problem(), out);
}

void SnapshotTaker::AddPythonFrame(const WatchedThread& thread, size_t index, SnapshotThread& out) {
  const RawFrame& raw = thread.stack.frames()[index];
  SnapshotFrame frame;
  const auto locals = locals_.find(thread.serial);
  if (locals != locals_.end()) frame.locals = std::move(locals->second[index]);
  if (!DescribePythonFrame(attachment_.codes(), raw, frame)) {
    out.truncated = SampleErrorCode::kBadCode;
  }
  out.frames.push_back(std::move(frame));
}

void SnapshotTaker::AddNativeThreads(Snapshot& snapshot) {
  absl::flat_hash_set<int> python;
  for (const SnapshotThread& thread : snapshot.threads) python.insert(thread.tid);
  const absl::StatusOr<std::vector<int>> tids = attachment_.files().ThreadIds();
  if (!tids.ok()) return;
  for (const int tid : *tids) {
    if (python.contains(tid)) continue;
    SnapshotThread thread;
    thread.tid = tid;
    thread.name = attachment_.files().ThreadName(tid);
    thread.python = false;
    ThreadProbe probe = attachment_.files().Probe(tid);
    const auto call = probe.ReadSyscall();
    const auto sched = probe.ReadSchedStat();
    if (!call || !sched) continue;
    thread.cpu_time = sched->on_cpu;
    thread.slices = sched->slices;
    if (native()) AddNativeFrames(probe, thread);
    thread.time_class = TimeClass::kNative;
    if (call->was_running && call->number >= 0) {
      thread.time_class = TimeClass::kKernel;
    } else if (!call->running && !call->was_running) {
      WaitVerdict verdict = native_waits_.Tell(*call, {}, false, MonotonicClock().Now());
      thread.time_class = verdict.time_class;
      thread.wait_reason = std::move(verdict.reason);
    }
    snapshot.threads.push_back(std::move(thread));
  }
}

// Of a blocked thread that no Python knows: its slices tell whether it has run meanwhile.
void SnapshotTaker::AddNativeFrames(ThreadProbe& probe, SnapshotThread& out) {
  NativeCopy copy;
  copy.Want(NativeCopy::kFirstBytes);
  NativeStacks::Result stack;
  for (int round = 0; round < kRounds; ++round) {
    const std::optional<SchedStat> before = probe.ReadSchedStat();
    const std::optional<SyscallState> call = probe.ReadSyscall();
    if (!before || !call || call->running) continue;
    ReadRequest request = copy.Request(call->stack_pointer);
    attachment_.memory().ReadBatch(absl::MakeSpan(&request, 1));
    copy.Settle(PlaceAtRest(*call), request);
    const std::optional<SchedStat> after = probe.ReadSchedStat();
    if (!after || after->slices != before->slices) continue;
    stack = native_stacks_.Unwind(copy, MonotonicClock().Now());
    if (!NativeStacks::Grow(copy, stack)) break;
  }
  if (stack.frames.empty()) return Note(SampleErrorCode::kNativeNotRead, out);
  AddSystemCall(copy.where(), out);
  for (const NativeStacks::Frame& frame : stack.frames) AddNativeFrame(frame, native_stacks_, out);
  Note(stack.problem(), out);
}

}  // namespace

absl::StatusOr<Snapshot> TakeSnapshot(int pid, const SnapshotOptions& options, std::mutex* alone) {
  absl::StatusOr<std::unique_ptr<Attachment>> attachment = Attachment::Create(pid);
  if (!attachment.ok()) return WithRelative(pid, attachment.status());
  return SnapshotTaker(**attachment, options, alone).Take();
}

absl::StatusOr<Snapshot> TakeCoreSnapshot(const CoreInput& core, const SnapshotOptions& options,
                                          std::vector<std::string>& warnings) {
  std::unique_ptr<RemoteMemory> memory;
  absl::StatusOr<std::unique_ptr<CoreProcess>> process = CoreProcess::Open(core, memory, warnings);
  if (!process.ok()) return process.status();
  const CoreInfo end = (*process)->End();
  const absl::Time written = (*process)->written();
  absl::StatusOr<std::unique_ptr<Attachment>> attachment =
      Attachment::CreateOfCore(*std::move(process), std::move(memory));
  if (!attachment.ok()) return attachment.status();
  absl::StatusOr<Snapshot> snapshot = SnapshotTaker(**attachment, options).Take();
  if (!snapshot.ok()) return snapshot.status();
  snapshot->core = end;
  snapshot->time = written;
  return snapshot;
}

}  // namespace spyhop
