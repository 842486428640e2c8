// The daemon's figures in Prometheus's text format 0.0.4: names, units and types by its conventions.
//
// A family's series are bounded: each of the kMostTargetSeries longest watched has its own, the others
// are added up under pid="other". Costs some 2 KiB a target.
#ifndef SPYHOP_CLI_DAEMON_METRICS_H_
#define SPYHOP_CLI_DAEMON_METRICS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/daemon/fleet.h"

namespace spyhop {

inline constexpr size_t kMostTargetSeries = 500;

// Of one of our sockets.
struct ServerFigures {
  std::string_view server;  // "control", "http"
  uint64_t accepted = 0;
  uint64_t answered = 0;
  uint64_t refused = 0;
  uint64_t open = 0;
};

std::string MetricsText(const FleetFigures& figures, std::vector<FleetTarget> targets,
                        const std::vector<ServerFigures>& servers);

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_METRICS_H_
