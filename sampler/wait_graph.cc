#include "sampler/wait_graph.h"

#include <algorithm>

namespace spyhop {

std::vector<std::vector<int>> WaitGraph::Cycles() const {
  std::vector<std::vector<int>> cycles;
  absl::flat_hash_map<int, int> walk_of;  // the thread whose walk met this one first
  for (const auto& [start, unused] : holders_) {
    std::vector<int> walk;
    auto edge = holders_.find(start);
    while (edge != holders_.end() && walk_of.emplace(edge->first, start).second) {
      walk.push_back(edge->first);
      edge = holders_.find(edge->second);
    }
    if (edge == holders_.end() || walk_of[edge->first] != start) continue;
    // The walk has met itself: what lies before the meeting point only leads there.
    walk.erase(walk.begin(), std::find(walk.begin(), walk.end(), edge->first));
    if (walk.empty()) continue;
    std::rotate(walk.begin(), std::min_element(walk.begin(), walk.end()), walk.end());
    cycles.push_back(std::move(walk));
  }
  std::sort(cycles.begin(), cycles.end());
  return cycles;
}

}  // namespace spyhop
