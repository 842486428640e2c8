// TakeSnapshot: one round of the sampler's own machinery, without the sampler's clock.
#include <algorithm>
#include <thread>

#include "absl/container/flat_hash_set.h"
#include "sampler/attachment.h"
#include "sampler/sampler.h"
#include "sampler/stack_resolver.h"
#include "sampler/target/syscall_names.h"
#include "sampler/target/thread_stop.h"

namespace spyhop {
namespace {

// Rounds until every thread has been read whole.
constexpr int kRounds = 5;

class SnapshotTaker {
 public:
  SnapshotTaker(Attachment& attachment, const SnapshotOptions& options)
      : attachment_(attachment), options_(options) {}

  Snapshot Take();

 private:
  void ReadAll();
  bool AnyLost() const;
  SnapshotThread Describe(const WatchedThread& thread);
  void AddFrames(const WatchedThread& thread, SnapshotThread& out);
  void AddNativeThreads(Snapshot& snapshot);

  Attachment& attachment_;
  const SnapshotOptions options_;
  DurationHistogram stops_;
};

Snapshot SnapshotTaker::Take() {
  // In a thread of its own, whose end frees what a stop that came too late still holds.
  std::thread tracer([this] { ReadAll(); });
  tracer.join();
  Snapshot snapshot;
  snapshot.target = attachment_.info();
  snapshot.time = absl::Now();
  snapshot.stopped = stops_.total();
  for (const std::unique_ptr<WatchedThread>& thread : attachment_.threads()) {
    if (thread->reading != Reading::kGone) snapshot.threads.push_back(Describe(*thread));
  }
  AddNativeThreads(snapshot);
  return snapshot;
}

void SnapshotTaker::ReadAll() {
  MonotonicClock clock;
  ThreadStopper stopper;
  StackReader reader(attachment_.memory(), attachment_.interpreter().layout);
  for (int round = 0; round < kRounds && !stopper.needs_retirement(); ++round) {
    if (attachment_.Look(clock.Now()) == ThreadStates::LookResult::kUnreadable) return;
    reader.ReadRound(attachment_.states(), attachment_.threads(), {options_.pause, false, true},
                     stopper, stops_);
    if (!AnyLost()) return;
  }
}

bool SnapshotTaker::AnyLost() const {
  return std::any_of(attachment_.threads().begin(), attachment_.threads().end(),
                     [](const auto& thread) { return thread->reading == Reading::kLost; });
}

SnapshotThread SnapshotTaker::Describe(const WatchedThread& thread) {
  const ThreadStates::InterpreterEntry& interpreter =
      attachment_.states().interpreters()[thread.state.interpreter];
  SnapshotThread out;
  out.tid = thread.tid;
  out.name = attachment_.NameOf(thread);
  out.interpreter_id = interpreter.id;
  out.holds_gil = thread.holds_gil;
  if (thread.blocked) {
    const bool on_gil = thread.call.number == kFutexCall &&
                        interpreter.gil->range().Contains(RemoteAddress(thread.call.arguments[0]));
    out.time_class = on_gil ? TimeClass::kGil : TimeClass::kWait;
    out.wait_reason = SyscallName(thread.call.number);
  }
  if (thread.reading == Reading::kLost) {
    out.truncated = thread.lost_cause;
  } else {
    AddFrames(thread, out);
  }
  return out;
}

void SnapshotTaker::AddFrames(const WatchedThread& thread, SnapshotThread& out) {
  out.truncated = thread.stack.error().code;
  if (thread.collects_garbage) {
    out.frames.push_back({"", kGarbageCollection, 0, 0, 0, 0, FrameKind::kGc});
  }
  for (const RawFrame& raw : thread.stack.frames()) {
    SnapshotFrame frame;
    if (const CodeInfo* code = attachment_.codes().Find(raw.code, 0)) {
      const Position position = attachment_.codes().PositionOf(*code, raw);
      frame = {code->file,        code->function,      position.line,     position.column,
               position.end_line, position.end_column, FrameKind::kPython};
    } else if (raw.code.is_null()) {
      frame.function = kLeftOutFrames;
    } else {
      frame.function = kUnknownFrame;
      out.truncated = SampleErrorCode::kBadCode;
    }
    out.frames.push_back(std::move(frame));
  }
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
    const auto call = ThreadProbe(attachment_.pid(), tid).ReadSyscall();
    if (!call) continue;
    thread.time_class = call->running ? TimeClass::kNative : TimeClass::kWait;
    if (!call->running) thread.wait_reason = SyscallName(call->number);
    snapshot.threads.push_back(std::move(thread));
  }
}

}  // namespace

absl::StatusOr<Snapshot> TakeSnapshot(int pid, const SnapshotOptions& options) {
  absl::StatusOr<std::unique_ptr<Attachment>> attachment = Attachment::Create(pid);
  if (!attachment.ok()) return attachment.status();
  return SnapshotTaker(**attachment, options).Take();
}

}  // namespace spyhop
