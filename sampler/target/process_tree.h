// A process's children, theirs, and so on.
//
// Reads /proc/PID/stat of every process on the machine, 10 us each. Processes come and go: what is
// told was so a moment ago.
#ifndef SPYHOP_SAMPLER_TARGET_PROCESS_TREE_H_
#define SPYHOP_SAMPLER_TARGET_PROCESS_TREE_H_

#include <vector>

#include "absl/types/span.h"

namespace spyhop {

struct ParentOf {
  int pid = 0;
  int parent = 0;
};

// The processes below `root`, each after its parent, siblings by pid; without `root`.
std::vector<int> Descendants(int root, absl::Span<const ParentOf> processes);
// Those of this machine, now.
std::vector<int> DescendantsOf(int pid);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_PROCESS_TREE_H_
