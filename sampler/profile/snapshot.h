// What a snapshot found: every thread's stack at one moment, and what each thread is doing.
#ifndef SPYHOP_SAMPLER_PROFILE_SNAPSHOT_H_
#define SPYHOP_SAMPLER_PROFILE_SNAPSHOT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/sample_error.h"
#include "sampler/profile/interner.h"
#include "sampler/profile/profile.h"
#include "sampler/profile/time_class.h"

namespace spyhop {

// Lines and columns are 1-based; columns count bytes of UTF-8. 0 = not known.
struct SnapshotFrame {
  std::string file;
  std::string function;
  std::string module;    // of a native frame: the file its code is in, as the target sees it
  uint64_t address = 0;  // of a native frame: where it goes on, in the target
  int32_t line = 0;
  int32_t column = 0;
  int32_t end_line = 0;
  int32_t end_column = 0;
  FrameKind kind = FrameKind::kPython;
};

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
  std::vector<SnapshotFrame> frames;  // leaf first
  SampleErrorCode truncated = SampleErrorCode::kNone;
  uint64_t frames_left_out = 0;
};

struct Snapshot {
  TargetInfo target;
  uint64_t start_time = 0;  // see ProcessStat; tells another process under the same pid
  std::string held;  // by what, so that no time passes in it: ProcessCondition's; empty: nothing
  absl::Time time;
  Nanos stopped = 0;  // target's stopped time in all
  std::vector<SnapshotThread> threads;

  // The thread that holds the GIL which `waiter` needs; null when none was seen to.
  const SnapshotThread* GilHolder(const SnapshotThread& waiter) const;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROFILE_SNAPSHOT_H_
