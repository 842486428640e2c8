// All stores that a configuration names: one Pusher each.
#ifndef SPYHOP_CLI_DAEMON_PUSH_TARGETS_H_
#define SPYHOP_CLI_DAEMON_PUSH_TARGETS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/daemon/config.h"
#include "cli/daemon/pusher.h"

namespace spyhop {

using Pushers = std::vector<std::shared_ptr<Pusher>>;

// For the start, and for a reload: of `before` those whose section is as it was go on, with all
// that they have not sent yet. Error: names the section that cannot be used, and why.
absl::StatusOr<Pushers> OpenPushers(const std::vector<PushTarget>& targets,
                                    const Pushers& before = {});

// Prometheus' text format, of all of them.
std::string PushMetrics(const Pushers& pushers);

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_PUSH_TARGETS_H_
