#include "sampler/target/process_tree.h"

#include <algorithm>
#include <functional>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "sampler/target/process_files.h"

namespace spyhop {
std::vector<int> Descendants(int root, absl::Span<const ParentOf> processes) {
  absl::flat_hash_map<int, std::vector<int>> children;
  for (const ParentOf& process : processes) children[process.parent].push_back(process.pid);
  for (auto& [parent, pids] : children) std::sort(pids.begin(), pids.end(), std::greater<>());
  // The list was not read at one moment: a pid used again could close a circle.
  absl::flat_hash_set<int> seen = {root};
  std::vector<int> found;
  std::vector<int> open = children[root];
  while (!open.empty()) {
    const int pid = open.back();
    open.pop_back();
    if (!seen.insert(pid).second) continue;
    found.push_back(pid);
    const std::vector<int>& below = children[pid];
    open.insert(open.end(), below.begin(), below.end());
  }
  return found;
}

std::vector<int> DescendantsOf(int pid) {
  std::vector<ParentOf> processes;
  for (const int each : ProcessFiles::AllPids()) {
    const absl::StatusOr<ProcessStat> stat = ProcessFiles(each).Stat();
    if (stat.ok()) processes.push_back({each, stat->parent});
  }
  return Descendants(pid, processes);
}

}  // namespace spyhop
