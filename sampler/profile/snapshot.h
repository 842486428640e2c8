// What a snapshot found: every thread's stack at one moment, and what each thread is doing.
#ifndef SPYHOP_SAMPLER_PROFILE_SNAPSHOT_H_
#define SPYHOP_SAMPLER_PROFILE_SNAPSHOT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "base/sample_error.h"
#include "sampler/profile/profile.h"
#include "sampler/profile/snapshot_frame.h"
#include "sampler/profile/snapshot_tasks.h"
#include "sampler/profile/time_class.h"

namespace spyhop {

// What a thread waits for, and who has to let go of it. Only what was proven, or is marked.
struct SnapshotWait {
  enum class How : uint8_t {
    kNobody,     // nobody holds it: somebody has to notify
    kOwner,      // the lock, or the GIL, says who holds it
    kWith,       // an inference: that one thread is within a `with` of it
    kEnd,        // `held_by` has to end
    kUnwritten,  // somebody holds it; this Python does not write down who
    kEnded,      // who holds it has ended
  };
  std::string kind;     // "GIL", "threading.RLock", "import lock", "thread join", ...
  std::string name;     // of the module that is imported
  uint64_t object = 0;  // the Python object's address, else the lock's; 0: not known
  How how = How::kUnwritten;
  int held_by = 0;       // tid; 0 but for kOwner, kWith, kEnd
  bool timeout = false;  // the wait ends by itself some time
  // Of the thread's frames the one that waits, below the library's own; none: the leaf.
  std::optional<size_t> frame;
};

std::string_view Name(SnapshotWait::How how);

struct SnapshotThread {
  int tid = 0;
  std::string name;
  bool python = true;
  int64_t interpreter_id = 0;
  TimeClass time_class = TimeClass::kPython;
  std::string wait_reason;
  uint64_t gil = 0;  // where the GIL it needs is: threads of one GIL have the same; 0: none
  bool holds_gil = false;
  Nanos cpu_time = 0;   // since the thread began, by the scheduler's count (schedstat)
  uint64_t slices = 0;  // how often it was put on a CPU: while that does not move, it has not run
  std::optional<SnapshotWait> waits_for;
  std::vector<SnapshotFrame> frames;  // leaf first
  SampleErrorCode truncated = SampleErrorCode::kNone;
  uint64_t frames_left_out = 0;

  // The line it is at, or waits at; null: no Python frame is known.
  const SnapshotFrame* Line() const;
};

// What a core file tells of the process's end.
struct CoreInfo {
  std::string file;
  int signal = 0;                   // 0: none, it was taken from a running process
  int thread = 0;                   // the tid of the one that the signal came to
  std::optional<uint64_t> address;  // whose access raised the signal
  int sender = 0;                   // the pid of who sent it; 0: nobody did, or it is not known
};

struct Snapshot {
  TargetInfo target;
  uint64_t start_time = 0;  // see ProcessStat; tells another process under the same pid
  std::string held;  // by what, so that no time passes in it: ProcessCondition's; empty: nothing
  std::optional<CoreInfo> core;  // taken of one; `time` is when that was written
  absl::Time time;
  Nanos stopped = 0;  // target's stopped time in all
  std::vector<SnapshotThread> threads;
  // Tids: of each deadlock every thread waits for the next one, and the last for the first.
  std::vector<std::vector<int>> deadlocks;
  SnapshotTasks tasks;  // asyncio's

  const SnapshotThread* Find(int tid) const;
  // The thread that holds the GIL which `waiter` needs; null when none was seen to.
  const SnapshotThread* GilHolder(const SnapshotThread& waiter) const;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROFILE_SNAPSHOT_H_
