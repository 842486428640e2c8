#include "sampler/profile/snapshot.h"

#include <algorithm>

namespace spyhop {

const SnapshotThread* Snapshot::GilHolder(const SnapshotThread& waiter) const {
  const auto found = std::find_if(threads.begin(), threads.end(), [&](const SnapshotThread& each) {
    return each.holds_gil && each.gil == waiter.gil;
  });
  return found == threads.end() ? nullptr : &*found;
}

}  // namespace spyhop
