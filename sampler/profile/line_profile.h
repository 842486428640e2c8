// Time per line: what each line cost itself, what it cost with all that it called, and what it
// waited for.
//
// Self time goes to the leaf line of a sample; total time to every distinct line on the stack once,
// so recursion is never counted twice. Native, kernel and GC frames are charged to the Python line
// they ran for, unless native functions are to have rows of their own; a stack without Python
// frames counts as it is. Costs one array look-up for each
// frame of each distinct stack. Reads a finished Profile; keeps no reference to it.
#ifndef SPYHOP_SAMPLER_PROFILE_LINE_PROFILE_H_
#define SPYHOP_SAMPLER_PROFILE_LINE_PROFILE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "sampler/profile/profile.h"

namespace spyhop {

struct Wait {
  StringId reason{};
  Nanos time = 0;
};

// Ids are those of the profile the row was made from.
struct LineRow {
  int pid = 0;
  int tid = 0;           // 0 when threads are added up
  ThreadIndex thread{};  // one of the row's threads: the first that was seen
  StringId file{};
  int32_t line = 0;  // 0 when lines are added up per function
  StringId function{};
  FrameKind kind = FrameKind::kPython;  // kNative: `file` is the one its code is in
  Times self;
  Times total;
  std::vector<Wait> waits;  // of self time, longest first
};

struct LineGrouping {
  bool per_thread = true;     // else one row for all threads of a process
  bool per_function = false;  // add up the lines of a function
  bool native = false;        // native functions are rows, beside Python's lines
};

// Which of the profile's buckets count; empty means all.
using BucketFilter = std::function<bool(const Profile::Key&)>;

// Rows in the order of pid, tid, file, line, function. Every (pid, tid, file, line, function)
// appears once, also when an exec made two targets of one pid.
std::vector<LineRow> MakeLineProfile(const Profile& profile, LineGrouping grouping,
                                     const BucketFilter& filter = nullptr);

// The Python frame that the self time of `stack` goes to; none for the empty stack.
std::optional<FrameId> SelfFrame(const Profile& profile, StackId stack);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROFILE_LINE_PROFILE_H_
