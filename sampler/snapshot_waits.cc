#include "sampler/snapshot_waits.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "sampler/wait_graph.h"
#include "sampler/wait_rules.h"

namespace spyhop {
namespace {

constexpr std::string_view kGilKind = "GIL";
// What WaitReasons says of a lock that it does not know.
constexpr std::string_view kAnyLock = "futex lock";

std::string ReasonOf(const SnapshotWait& wait) {
  const bool plain = wait.kind == kPlainLock || wait.kind == kRecursiveLock;
  return plain ? absl::StrCat("futex ", wait.kind) : wait.kind;
}

// An import waits at the line that imports.
bool IsImportMachinery(const WaitFrame& frame) {
  return frame.file.starts_with("<frozen importlib") || IsFile(frame.file, "importlib/");
}

}  // namespace

SnapshotWaits::SnapshotWaits(RemoteMemory& memory, const Interpreter& interpreter, CodeCache& codes,
                             const ThreadStates& states, WatchedThreads threads)
    : memory_(memory),
      states_(states),
      threads_(threads),
      locks_(memory, interpreter, codes),
      with_locks_(memory, interpreter.layout, codes) {}

void SnapshotWaits::Tell(Snapshot& snapshot) {
  for (SnapshotThread& thread : snapshot.threads) {
    if (thread.time_class == TimeClass::kGil) {
      thread.waits_for = OfGil(snapshot, thread);
      continue;
    }
    WatchedThread* watched = Find(thread.tid);
    if (watched == nullptr || !watched->blocked || !watched->settled) continue;
    thread.waits_for = OfLock(*watched, thread);
    if (thread.waits_for && HasRun(*watched)) thread.waits_for.reset();
    // Found out here, with what the Python stack told.
    if (thread.waits_for && thread.wait_reason == kAnyLock) {
      thread.wait_reason = ReasonOf(*thread.waits_for);
    }
  }
  FindDeadlocks(snapshot);
}

std::optional<SnapshotWait> SnapshotWaits::OfGil(const Snapshot& snapshot,
                                                 const SnapshotThread& thread) const {
  SnapshotWait wait;
  wait.kind = kGilKind;
  wait.object = thread.gil;
  const SnapshotThread* holder = snapshot.GilHolder(thread);
  // Nobody was seen to hold it: it is being handed over.
  wait.how = holder != nullptr ? SnapshotWait::How::kOwner : SnapshotWait::How::kNobody;
  if (holder != nullptr) wait.held_by = holder->tid;
  return wait;
}

std::optional<SnapshotWait> SnapshotWaits::OfLock(const WatchedThread& thread,
                                                  const SnapshotThread& shown) {
  std::vector<WaitFrame> frames;
  std::vector<size_t> places;
  for (size_t i = 0; i < shown.frames.size(); ++i) {
    const SnapshotFrame& frame = shown.frames[i];
    if (frame.kind != FrameKind::kPython) continue;
    frames.push_back({frame.file, frame.function, frame.line});
    places.push_back(i);
  }
  const Waiter waiter = FindWaiter(frames);
  const RemoteAddress interpreter = states_.interpreters()[thread.state.interpreter].address;
  const std::optional<LockWait> lock = locks_.Of(thread, interpreter, waiter.name);
  if (!lock) return std::nullopt;
  SnapshotWait wait;
  size_t at = waiter.frame;
  while (at < frames.size() && IsImportMachinery(frames[at])) ++at;
  if (at < frames.size()) wait.frame = places[at];
  wait.kind = lock->kind;
  wait.name = lock->name;
  wait.object = lock->object.value();
  wait.timeout = lock->timeout;
  NameOwner(*lock, wait);
  return wait;
}

void SnapshotWaits::NameOwner(const LockWait& lock, SnapshotWait& wait) {
  if (lock.holder == LockWait::Holder::kNobody) {
    wait.how = SnapshotWait::How::kNobody;
    return;
  }
  if (lock.holder == LockWait::Holder::kUnwritten) {
    const std::vector<int> within = ThoseWithin(lock.object);
    if (lock.kind != kPlainLock || within.size() != 1) return;
    wait.how = SnapshotWait::How::kWith;
    wait.held_by = within.front();
    return;
  }
  const auto owner =
      std::find_if(threads_.begin(), threads_.end(), [&](const WatchedThread* thread) {
        return lock.owner == thread->state.pthread_id && thread->reading != Reading::kGone;
      });
  if (owner == threads_.end()) {
    wait.how = SnapshotWait::How::kEnded;
    return;
  }
  const bool end = lock.holder == LockWait::Holder::kEnd;
  wait.how = end ? SnapshotWait::How::kEnd : SnapshotWait::How::kOwner;
  wait.held_by = (*owner)->tid;
}

std::vector<int> SnapshotWaits::ThoseWithin(RemoteAddress lock) {
  ReadWithLocks();
  const auto found = within_.find(lock);
  return found == within_.end() ? std::vector<int>() : found->second;
}

void SnapshotWaits::ReadWithLocks() {
  if (std::exchange(with_locks_read_, true)) return;
  for (WatchedThread* thread : threads_) {
    if (thread->reading == Reading::kGone || thread->reading == Reading::kLost) continue;
    for (const RemoteAddress lock : with_locks_.Of(thread->stack, thread->blocked)) {
      std::vector<int>& tids = within_[lock];
      if (std::find(tids.begin(), tids.end(), thread->tid) == tids.end()) {
        tids.push_back(thread->tid);
      }
    }
  }
}

bool SnapshotWaits::HasRun(WatchedThread& thread) {
  const std::optional<SchedStat> now = thread.probe.ReadSchedStat();
  return !now || now->slices != thread.settled_slices;
}

// As of now: when the snapshot looked, the thread may have been about to let go of it.
bool SnapshotWaits::StillHoldsGil(WatchedThread& thread) const {
  GilReader& gil = *states_.interpreters()[thread.state.interpreter].gil;
  std::vector<ReadRequest> batch;
  gil.AppendTo(batch);
  memory_.ReadBatch(absl::MakeSpan(batch));
  gil.Settle(batch.front());
  return gil.holder() == thread.state.address;
}

void SnapshotWaits::FindDeadlocks(Snapshot& snapshot) {
  WaitGraph graph;
  for (const SnapshotThread& thread : snapshot.threads) {
    const std::optional<SnapshotWait>& wait = thread.waits_for;
    if (wait && wait->held_by != 0 && !wait->timeout) graph.Add(thread.tid, wait->held_by);
  }
  for (std::vector<int>& cycle : graph.Cycles()) {
    if (Holds(snapshot, cycle)) snapshot.deadlocks.push_back(std::move(cycle));
  }
}

// The threads that wait for the GIL wake up all the time to ask for it; but it cannot come to them
// while its holder sleeps.
bool SnapshotWaits::Holds(const Snapshot& snapshot, const std::vector<int>& cycle) const {
  return std::all_of(cycle.begin(), cycle.end(), [&](int tid) {
    const std::optional<SnapshotWait>& wait = snapshot.Find(tid)->waits_for;
    WatchedThread* thread = Find(wait->kind == kGilKind ? wait->held_by : tid);
    if (thread == nullptr || !thread->settled) return false;
    if (wait->kind == kGilKind && !StillHoldsGil(*thread)) return false;
    return !HasRun(*thread);
  });
}

WatchedThread* SnapshotWaits::Find(int tid) const {
  const auto found = std::find_if(threads_.begin(), threads_.end(),
                                  [tid](const WatchedThread* each) { return each->tid == tid; });
  return found == threads_.end() ? nullptr : *found;
}

}  // namespace spyhop
