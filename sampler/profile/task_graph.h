// Who awaits whom among tasks: trees from the roots, and cycles. Pure; linear in tasks and edges,
// and without recursion, for a chain may be as long as there are tasks.
#ifndef SPYHOP_SAMPLER_PROFILE_TASK_GRAPH_H_
#define SPYHOP_SAMPLER_PROFILE_TASK_GRAPH_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "sampler/profile/snapshot_tasks.h"

namespace spyhop {

class TaskGraph {
 public:
  using Index = uint32_t;  // of a task

  // A task as the trees have it: each task once, under the first that awaits it.
  struct Place {
    Index task = 0;
    uint32_t depth = 0;  // 0: a root
    bool seen = false;   // it is shown elsewhere; nothing of it follows
  };

  // Tasks that are not among `tasks` are left out of what is awaited.
  explicit TaskGraph(absl::Span<const SnapshotTask> tasks);

  const std::vector<Index>& awaits(Index task) const { return awaits_[task]; }
  const std::vector<Index>& awaited_by(Index task) const { return awaited_by_[task]; }

  // Each task followed by those it awaits. Roots are those which nobody awaits; of tasks that can
  // be reached from no root, being in a cycle or behind one, the first of each cycle.
  std::vector<Place> Trees() const;
  // Tasks that await each other in a ring, one ring for each set of tasks that all await each
  // other; each begins with its first task.
  std::vector<std::vector<Index>> Cycles() const;

 private:
  void GrowTree(Index root, std::vector<bool>& placed, std::vector<Place>& places) const;
  std::vector<std::vector<Index>> Knots() const;
  std::vector<Index> RingIn(const std::vector<Index>& knot) const;

  std::vector<std::vector<Index>> awaits_;
  std::vector<std::vector<Index>> awaited_by_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROFILE_TASK_GRAPH_H_
