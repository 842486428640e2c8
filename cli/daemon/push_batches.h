// Adds up the parts of each target until they fill the interval of a push, so that there is one
// profile for each target and interval, whatever the parts' length.
//
// Parts that are as long as the interval go through untouched. A profile is due when less than half
// a part is missing, or when its first part has waited for an interval: the target has ended.
// Bounded by ProfileSum. Used by one thread.
#ifndef SPYHOP_CLI_DAEMON_PUSH_BATCHES_H_
#define SPYHOP_CLI_DAEMON_PUSH_BATCHES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "cli/daemon/fleet.h"
#include "sampler/profile/profile_sum.h"

namespace spyhop {

class PushBatches {
 public:
  explicit PushBatches(Nanos interval) : interval_(interval) {}

  void Add(const FleetPart& part, Nanos now);
  // Those that are due, in order of pid.
  std::vector<FleetPart> TakeDue(Nanos now);
  std::vector<FleetPart> TakeAll();
  // When the next one is due even if no part comes.
  std::optional<Nanos> NextDue() const;

 private:
  struct Batch {
    FleetPart first;
    std::unique_ptr<ProfileSum> sum;  // null: there is only the first
    Nanos length = 0;
    Nanos since = 0;
    bool is_full = false;
  };
  using Key = std::pair<int, uint64_t>;  // pid and start time

  static FleetPart Finish(Batch batch);

  const Nanos interval_;
  std::map<Key, Batch> batches_;
  std::vector<FleetPart> cut_;  // of targets whose labels have changed
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_PUSH_BATCHES_H_
