// Adds to a snapshot who waits for whom: SnapshotThread::waits_for, and the deadlocks among them.
//
// LockWaits says what each blocked thread waits for; a lock that does not say who holds it is
// looked for in the `with` statements of all threads (WithLocks), and given to the one thread that
// shows it. What was found of a thread counts only when it has not run since its stack was read. A
// cycle is a deadlock when none of its waits ends by itself and all its threads have stayed where
// they were. The target runs; some milliseconds for 100 threads that wait.
#ifndef SPYHOP_SAMPLER_SNAPSHOT_WAITS_H_
#define SPYHOP_SAMPLER_SNAPSHOT_WAITS_H_

#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "sampler/lock_waits.h"
#include "sampler/profile/snapshot.h"
#include "sampler/python/thread_states.h"
#include "sampler/watched_thread.h"
#include "sampler/with_locks.h"

namespace spyhop {

class SnapshotWaits {
 public:
  // All must outlive this. `threads`, of `states`, are those of the snapshot.
  SnapshotWaits(RemoteMemory& memory, const Interpreter& interpreter, CodeCache& codes,
                const ThreadStates& states, WatchedThreads threads);

  void Tell(Snapshot& snapshot);

 private:
  std::optional<SnapshotWait> OfGil(const Snapshot& snapshot, const SnapshotThread& thread) const;
  std::optional<SnapshotWait> OfLock(const WatchedThread& thread, const SnapshotThread& shown);
  void NameOwner(const LockWait& lock, SnapshotWait& wait);
  std::vector<int> ThoseWithin(RemoteAddress lock);
  void ReadWithLocks();
  static bool HasRun(WatchedThread& thread);
  bool StillHoldsGil(WatchedThread& thread) const;
  void FindDeadlocks(Snapshot& snapshot);
  bool Holds(const Snapshot& snapshot, const std::vector<int>& cycle) const;
  WatchedThread* Find(int tid) const;

  RemoteMemory& memory_;
  const ThreadStates& states_;
  const WatchedThreads threads_;
  LockWaits locks_;
  WithLocks with_locks_;
  bool with_locks_read_ = false;
  absl::flat_hash_map<RemoteAddress, std::vector<int>> within_;  // tids by lock object
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_SNAPSHOT_WAITS_H_
