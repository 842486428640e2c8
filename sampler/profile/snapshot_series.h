// Several snapshots of one process, and what did not move between them: a thread that has the same
// stack in each of five snapshots, a second apart, is stuck or asleep there.
//
// Keeps of each thread the first and the last snapshot's figures, the last stack, and how often
// each distinct stack was seen (16 bytes each, kMaxStacks of them).
#ifndef SPYHOP_SAMPLER_PROFILE_SNAPSHOT_SERIES_H_
#define SPYHOP_SAMPLER_PROFILE_SNAPSHOT_SERIES_H_

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "sampler/profile/snapshot.h"

namespace spyhop {

class SnapshotSeries {
 public:
  // Distinct stacks of a thread that are told apart.
  static constexpr size_t kMaxStacks = 4096;

  struct Thread {
    SnapshotThread last;
    uint64_t seen = 0;          // snapshots that show it
    uint64_t first_slices = 0;  // see SnapshotThread
    Nanos first_cpu_time = 0;
    absl::flat_hash_map<uint64_t, uint64_t> stacks;  // hash of each, how often it was seen

    Nanos cpu_time() const { return last.cpu_time - first_cpu_time; }
    bool ran() const { return last.slices != first_slices || cpu_time() > 0; }
    // The same lines of the same functions in each of at least two snapshots.
    bool moved() const { return stacks.size() > 1; }
  };

  // A snapshot of another process under the same pid starts anew.
  void Add(const Snapshot& snapshot);

  uint64_t snapshots() const { return snapshots_; }
  absl::Duration duration() const { return end_ - begin_; }
  const TargetInfo& target() const { return target_; }
  // In the order of the last snapshot; those that had ended by then, last.
  std::vector<const Thread*> threads() const;

 private:
  void Add(const SnapshotThread& thread);

  TargetInfo target_;
  uint64_t start_time_ = 0;
  uint64_t snapshots_ = 0;
  absl::Time begin_;
  absl::Time end_;
  std::vector<int> order_;  // tids of the last snapshot
  absl::flat_hash_map<int, Thread> by_tid_;
};

// Of the places in the stack: kind, file, line, function.
uint64_t HashOfStack(const SnapshotThread& thread);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROFILE_SNAPSHOT_SERIES_H_
