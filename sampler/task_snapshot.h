// Takes the asyncio part of a snapshot: the tasks of each event loop, where they are suspended, and
// what they await.
//
// Reads while the target runs. A loop whose thread has stayed blocked (its count of time slices
// tells) is read once; else its tasks are read again until two reads are equal, at most three
// times, and the loop is marked as changed when they never are. Nothing is read where asyncio was
// not imported. 0.2 ms, and 3 to 6 us a task; see kMaxTasks.
#ifndef SPYHOP_SAMPLER_TASK_SNAPSHOT_H_
#define SPYHOP_SAMPLER_TASK_SNAPSHOT_H_

#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "sampler/attachment.h"
#include "sampler/awaited.h"
#include "sampler/profile/snapshot_tasks.h"
#include "sampler/python/asyncio_tasks.h"
#include "sampler/python/await_chain.h"

namespace spyhop {

class TaskSnapshot {
 public:
  // Must outlive this; has been looked at, and its threads have their stacks.
  explicit TaskSnapshot(Attachment& attachment) : attachment_(attachment) {}

  SnapshotTasks Take();

 private:
  // A task as read.
  struct Found {
    RawTask task;
    AwaitChain chain;
  };
  using ByLoop = std::vector<std::pair<RemoteAddress, std::vector<Found>>>;
  // Of a thread, before its tasks are read.
  struct Rest {
    bool blocked = false;
    uint64_t slices = 0;
  };

  std::vector<RemoteAddress> InterpretersWithAsyncio();
  void ReadAll(const std::vector<RemoteAddress>& interpreters, SnapshotTasks& out);
  ByLoop ReadOnce(const std::vector<RemoteAddress>& interpreters, SnapshotTasks& out);
  static bool WasTheSame(RemoteAddress loop, const std::vector<Found>& found, const ByLoop& last);
  absl::flat_hash_map<int, Rest> LookAtThreads() const;
  bool HasRun(int tid, const absl::flat_hash_map<int, Rest>& before) const;
  void FindThreads(const ByLoop& loops);
  WatchedThread* ThreadOf(RemoteAddress loop);
  WatchedThread* OnlyRunner(const ByLoop& loops);
  void Describe(const ByLoop& loops, SnapshotTasks& out);
  SnapshotTask Describe(const Found& found, const WatchedThread* thread, Awaited& awaited);
  void AddRunningFrames(const AwaitChain& chain, const WatchedThread* thread, SnapshotTask& out);
  SnapshotFrame FrameOf(const RawFrame& raw);

  Attachment& attachment_;
  AsyncioLayout layout_;
  std::unique_ptr<AsyncioTasks> tasks_;
  std::unique_ptr<AwaitChains> chains_;
  absl::flat_hash_map<RemoteAddress, WatchedThread*> thread_of_;  // by loop
  absl::flat_hash_map<std::pair<RemoteAddress, uint64_t>, SnapshotFrame> frames_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TASK_SNAPSHOT_H_
