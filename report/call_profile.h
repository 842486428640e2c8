// Time per function, and per pair of caller and callee, over all threads and processes: what a call
// graph shows.
//
// A function is a file and a name, both as viewers are shown them (viewer_names.h), so that two
// which look the same are one. Native, kernel and GC frames belong to the Python function that they
// ran for, unless native functions are asked for; a stack without any such frame counts as it is.
// Costs one look at each frame of each distinct stack. Reads a finished Profile and keeps no
// reference to it.
#ifndef SPYHOP_REPORT_CALL_PROFILE_H_
#define SPYHOP_REPORT_CALL_PROFILE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "report/view.h"
#include "sampler/profile/profile.h"

namespace spyhop {

// Of a function, or of one as called by a certain other one.
struct CallCost {
  uint64_t frames = 0;   // on sampled stacks; recursive ones each count
  uint64_t samples = 0;  // with it on the stack
  Nanos self = 0;        // wall, of samples with it at the leaf end
  Nanos total = 0;       // wall, of samples with it anywhere on the stack
};

struct Caller {
  size_t function = 0;  // index into the functions
  CallCost cost;
};

struct CalledFunction {
  std::string file;  // may be empty
  std::string name;
  int32_t first_line = 0;  // the smallest that was seen; 0: none
  CallCost cost;
  std::vector<Caller> callers;  // in the order of the functions
};

// In the order of file and name. Heeds filter, idle and native.
std::vector<CalledFunction> MakeCallProfile(const Profile& profile, const ViewOptions& options);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_CALL_PROFILE_H_
