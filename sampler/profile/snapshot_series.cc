#include "sampler/profile/snapshot_series.h"

#include <algorithm>

#include "absl/hash/hash.h"

namespace spyhop {

uint64_t HashOfStack(const SnapshotThread& thread) {
  uint64_t hash = 0;
  for (const SnapshotFrame& frame : thread.frames) {
    hash = absl::HashOf(hash, frame.kind, frame.file, frame.line, frame.function);
  }
  return hash;
}

void SnapshotSeries::Add(const Snapshot& snapshot) {
  if (snapshots_ == 0 || snapshot.start_time != start_time_) {
    *this = SnapshotSeries();
    start_time_ = snapshot.start_time;
    begin_ = snapshot.time;
  }
  ++snapshots_;
  target_ = snapshot.target;
  end_ = snapshot.time;
  order_.clear();
  for (const SnapshotThread& thread : snapshot.threads) Add(thread);
}

void SnapshotSeries::Add(const SnapshotThread& thread) {
  Thread& known = by_tid_[thread.tid];
  // A count that falls is another thread's, under the same tid.
  if (known.seen == 0 || thread.slices < known.last.slices) {
    known = Thread();
    known.first_slices = thread.slices;
    known.first_cpu_time = thread.cpu_time;
  }
  ++known.seen;
  known.last = thread;
  order_.push_back(thread.tid);
  const uint64_t hash = HashOfStack(thread);
  if (known.stacks.size() < kMaxStacks || known.stacks.contains(hash)) ++known.stacks[hash];
}

std::vector<const SnapshotSeries::Thread*> SnapshotSeries::threads() const {
  std::vector<const Thread*> found;
  for (const int tid : order_) found.push_back(&by_tid_.at(tid));
  std::vector<const Thread*> ended;
  for (const auto& [tid, thread] : by_tid_) {
    if (std::find(order_.begin(), order_.end(), tid) == order_.end()) ended.push_back(&thread);
  }
  std::sort(ended.begin(), ended.end(),
            [](const Thread* a, const Thread* b) { return a->last.tid < b->last.tid; });
  found.insert(found.end(), ended.begin(), ended.end());
  return found;
}

}  // namespace spyhop
