// What is shown of the processes at one moment. Plain data; it stays as it is while the user looks
// at it (pause), whatever is sampled meanwhile.
#ifndef SPYHOP_CLI_TUI_TOP_DATA_H_
#define SPYHOP_CLI_TUI_TOP_DATA_H_

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "sampler/profile/profile.h"

namespace spyhop {

struct TopProcess {
  int pid = 0;
  bool ended = false;
  uint64_t threads = 0;  // with a Python state, now
  Profile profile;
};

struct TopData {
  std::vector<TopProcess> processes;  // at least one
  Profile merged;                     // of several processes
  Nanos elapsed = 0;                  // since the start, or the last reset
  double own_cpu = 0;                 // Spyhop's, in CPUs
  Nanos let_go = 0;                   // wall time of places that are no longer kept

  const Profile& profile() const {
    return processes.size() == 1 ? processes.front().profile : merged;
  }
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_TUI_TOP_DATA_H_
