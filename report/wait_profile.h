// Waits by reason: how long threads waited for what, and at which lines. A reason is a wait's (what
// the system call waits for), the GIL's (who held it) or an idle thread's; the same words in two
// classes are two rows.
//
// Each sample's time goes to the line its self time goes to. Reads a finished Profile, keeps no
// reference to it; costs one look-up for each distinct stack that waits.
#ifndef SPYHOP_REPORT_WAIT_PROFILE_H_
#define SPYHOP_REPORT_WAIT_PROFILE_H_

#include <cstdint>
#include <vector>

#include "sampler/profile/line_profile.h"
#include "sampler/profile/profile.h"

namespace spyhop {

struct WaitingLine {
  StringId file{};
  int32_t line = 0;
  StringId function{};
  Nanos time = 0;
  uint64_t samples = 0;
  size_t threads = 0;
};

// Ids are those of the profile the row was made from.
struct WaitRow {
  TimeClass time_class = TimeClass::kWait;
  StringId reason{};     // empty: it could not be told
  ThreadIndex thread{};  // one of the row's threads: the first
  Nanos time = 0;
  uint64_t samples = 0;
  size_t threads = 0;              // distinct (pid, tid)
  std::vector<WaitingLine> lines;  // longest first; none for threads without Python frames
};

struct WaitGrouping {
  bool per_thread = false;  // else one row for all threads
  bool idle = false;        // idle waits too
};

// Rows with the longest first.
std::vector<WaitRow> MakeWaitProfile(const Profile& profile, WaitGrouping grouping,
                                     const BucketFilter& filter = nullptr);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_WAIT_PROFILE_H_
