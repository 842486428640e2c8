// What `spyhop ctl status` shows: the daemon and its targets, as a table or as JSON (schema
// spyhop.status/1).
#ifndef SPYHOP_CLI_DAEMON_FLEET_STATUS_H_
#define SPYHOP_CLI_DAEMON_FLEET_STATUS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cli/daemon/fleet.h"
#include "report/sink.h"

namespace spyhop {

struct FleetState {
  FleetFigures figures;
  std::vector<FleetTarget> targets;
  absl::Time now;
};

// Names are escaped; columns as wide as `width` allows, 0: as need be.
void WriteFleetTable(const FleetState& state, size_t width, bool color, Sink& sink);
void WriteFleetJson(const FleetState& state, Sink& sink);

// "3h12m", "5 s": how long since then.
std::string Since(absl::Time then, absl::Time now);
// "service=checkout env=prod"; not escaped.
std::string LabelText(const Labels& labels);
// "ok", "paused", "slowed", or why nothing is sampled; not escaped.
std::string StateText(const FleetTarget& target);
// "12.0 MiB".
std::string BytesText(uint64_t bytes);

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_FLEET_STATUS_H_
