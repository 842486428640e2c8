// The asyncio tasks that a snapshot found: where each is suspended and what it awaits.
#ifndef SPYHOP_SAMPLER_PROFILE_SNAPSHOT_TASKS_H_
#define SPYHOP_SAMPLER_PROFILE_SNAPSHOT_TASKS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/sample_error.h"
#include "sampler/profile/snapshot_frame.h"

namespace spyhop {

enum class TaskState : uint8_t {
  kRunning,  // its code is being executed
  kReady,    // waits for nothing but its turn
  kWaiting,
};

enum class AwaitKind : uint8_t {
  kNothing,  // it runs, or waits for its turn
  kTask,     // one task
  kGather,   // asyncio.gather, wait, wait_for, a TaskGroup: `tasks` are those of it that go on
  kSleep,    // asyncio.sleep
  kFuture,   // a future that something else will set, or an awaitable that is no Python code
};
// "task", "gather", "sleep", "future", "nothing".
std::string_view Name(AwaitKind kind);
// "running", "ready", "waiting".
std::string_view Name(TaskState state);

struct SnapshotAwait {
  AwaitKind kind = AwaitKind::kNothing;
  // Whose method waits, where asyncio's own classes do: "Queue.get", "Lock.acquire", "gather",
  // "TaskGroup"; else the class of the awaited object.
  std::string what;
  std::vector<uint64_t> tasks;  // ids
};

struct SnapshotTask {
  uint64_t id = 0;    // its address
  uint64_t loop = 0;  // SnapshotLoop::id
  std::string name;   // empty: it has none (3.7)
  TaskState state = TaskState::kWaiting;
  std::vector<SnapshotFrame> frames;  // leaf first
  SampleErrorCode truncated = SampleErrorCode::kNone;
  SnapshotAwait awaits;
};

struct SnapshotLoop {
  uint64_t id = 0;  // its address
  int tid = 0;      // of the thread that runs it; 0: not known
  // Its thread ran meanwhile, and two reads of its tasks were not equal.
  bool changed = false;
};

struct SnapshotTasks {
  std::vector<SnapshotLoop> loops;
  std::vector<SnapshotTask> tasks;  // those of one loop together, in the order of `loops`
  uint64_t left_out = 0;            // that were not read, for there are so many
  std::string problem;              // why asyncio's tasks could not be read; empty: they were
  Nanos took = 0;                   // to read them
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROFILE_SNAPSHOT_TASKS_H_
