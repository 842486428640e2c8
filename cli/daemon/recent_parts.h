// The finished parts of the last minutes, of all targets, those that have ended too. Thread-safe.
#ifndef SPYHOP_CLI_DAEMON_RECENT_PARTS_H_
#define SPYHOP_CLI_DAEMON_RECENT_PARTS_H_

#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "cli/daemon/fleet.h"

namespace spyhop {

class RecentParts {
 public:
  static constexpr Nanos kLongest = 10 * 60 * kSecond;
  static constexpr size_t kMost = 2000;

  void Add(FleetPart part, Nanos now);
  // See Fleet::Recent.
  std::vector<FleetPart> Latest(std::optional<int> pid, Nanos length) const;
  // Keeps none, until it is told to go on.
  void set_keeps(bool keeps);

 private:
  struct Kept {
    Nanos at = 0;
    FleetPart part;
  };

  mutable std::mutex mutex_;
  std::deque<Kept> parts_;
  bool keeps_ = true;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_RECENT_PARTS_H_
