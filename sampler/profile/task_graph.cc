#include "sampler/profile/task_graph.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace spyhop {

TaskGraph::TaskGraph(absl::Span<const SnapshotTask> tasks)
    : awaits_(tasks.size()), awaited_by_(tasks.size()) {
  absl::flat_hash_map<uint64_t, Index> by_id;
  for (Index i = 0; i < tasks.size(); ++i) by_id.emplace(tasks[i].id, i);
  for (Index i = 0; i < tasks.size(); ++i) {
    absl::flat_hash_set<Index> once;
    for (const uint64_t id : tasks[i].awaits.tasks) {
      const auto found = by_id.find(id);
      if (found == by_id.end() || !once.insert(found->second).second) continue;
      awaits_[i].push_back(found->second);
      awaited_by_[found->second].push_back(i);
    }
  }
}

std::vector<TaskGraph::Place> TaskGraph::Trees() const {
  std::vector<Place> places;
  std::vector<bool> placed(awaits_.size());
  for (Index i = 0; i < awaits_.size(); ++i) {
    if (awaited_by_[i].empty()) GrowTree(i, placed, places);
  }
  for (const std::vector<Index>& cycle : Cycles()) {
    if (!placed[cycle.front()]) GrowTree(cycle.front(), placed, places);
  }
  return places;
}

void TaskGraph::GrowTree(Index root, std::vector<bool>& placed, std::vector<Place>& places) const {
  std::vector<Place> pending = {{root, 0, false}};
  while (!pending.empty()) {
    Place place = pending.back();
    pending.pop_back();
    place.seen = placed[place.task];
    places.push_back(place);
    if (place.seen) continue;
    placed[place.task] = true;
    const std::vector<Index>& children = awaits_[place.task];
    for (auto child = children.rbegin(); child != children.rend(); ++child) {
      pending.push_back({*child, place.depth + 1, false});
    }
  }
}

std::vector<std::vector<TaskGraph::Index>> TaskGraph::Cycles() const {
  std::vector<std::vector<Index>> cycles;
  for (const std::vector<Index>& knot : Knots()) cycles.push_back(RingIn(knot));
  std::sort(cycles.begin(), cycles.end());
  return cycles;
}

// The strongly connected components in which there is a cycle: Tarjan's algorithm with a stack of
// its own (R. Tarjan, Depth-first search and linear graph algorithms, 1972).
std::vector<std::vector<TaskGraph::Index>> TaskGraph::Knots() const {
  constexpr Index kNew = UINT32_MAX;
  struct Visit {
    Index task;
    size_t next_child;
  };
  std::vector<std::vector<Index>> knots;
  std::vector<Index> order(awaits_.size(), kNew), low(awaits_.size()), open;
  std::vector<bool> is_open(awaits_.size());
  std::vector<Visit> path;
  Index count = 0;
  const auto enter = [&](Index task) {
    order[task] = low[task] = count++;
    open.push_back(task);
    is_open[task] = true;
    path.push_back({task, 0});
  };
  const auto close = [&](Index task) {
    std::vector<Index> knot;
    do {
      knot.push_back(open.back());
      is_open[open.back()] = false;
      open.pop_back();
    } while (knot.back() != task);
    const std::vector<Index>& own = awaits_[task];
    const bool ring = knot.size() > 1 || std::find(own.begin(), own.end(), task) != own.end();
    if (ring) knots.push_back(std::move(knot));
  };
  for (Index start = 0; start < awaits_.size(); ++start) {
    if (order[start] == kNew) enter(start);
    while (!path.empty()) {
      const Index task = path.back().task;
      if (path.back().next_child < awaits_[task].size()) {
        const Index child = awaits_[task][path.back().next_child++];
        if (order[child] == kNew) {
          enter(child);
        } else if (is_open[child]) {
          low[task] = std::min(low[task], order[child]);
        }
        continue;
      }
      path.pop_back();
      if (!path.empty()) low[path.back().task] = std::min(low[path.back().task], low[task]);
      if (low[task] == order[task]) close(task);
    }
  }
  return knots;
}

// The shortest way from the first task of the knot back to it.
std::vector<TaskGraph::Index> TaskGraph::RingIn(const std::vector<Index>& knot) const {
  const absl::flat_hash_set<Index> inside(knot.begin(), knot.end());
  const Index first = *std::min_element(knot.begin(), knot.end());
  absl::flat_hash_map<Index, Index> came_from;
  std::vector<Index> queue = {first};
  for (size_t i = 0; i < queue.size(); ++i) {
    for (const Index next : awaits_[queue[i]]) {
      if (!inside.contains(next) || !came_from.emplace(next, queue[i]).second) continue;
      if (next == first) break;
      queue.push_back(next);
    }
  }
  std::vector<Index> ring;
  for (Index at = came_from[first]; at != first; at = came_from[at]) ring.push_back(at);
  ring.push_back(first);
  std::reverse(ring.begin(), ring.end());
  return ring;
}

}  // namespace spyhop
