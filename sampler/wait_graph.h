// Who waits for whom, and where that goes round in a circle: a deadlock.
//
// A thread waits for one thing at a time, and so for one thread at the most: the graph is a set of
// chains, each of which ends or runs into a cycle. Pure; linear in the number of threads.
#ifndef SPYHOP_SAMPLER_WAIT_GRAPH_H_
#define SPYHOP_SAMPLER_WAIT_GRAPH_H_

#include <vector>

#include "absl/container/flat_hash_map.h"

namespace spyhop {

class WaitGraph {
 public:
  // `waiter` cannot go on before `holder` does something. A waiter's last word counts.
  void Add(int waiter, int holder) { holders_[waiter] = holder; }

  // Each cycle once, as a list in which every thread waits for the next, and the last one for the
  // first. It begins with its lowest tid, and cycles are in the order of theirs. A thread that
  // waits for itself is a cycle, one that only waits for a cycle is not part of it.
  std::vector<std::vector<int>> Cycles() const;

 private:
  absl::flat_hash_map<int, int> holders_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_WAIT_GRAPH_H_
