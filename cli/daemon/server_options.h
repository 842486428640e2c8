// What a configuration says of the daemon's servers.
#ifndef SPYHOP_CLI_DAEMON_SERVER_OPTIONS_H_
#define SPYHOP_CLI_DAEMON_SERVER_OPTIONS_H_

#include "absl/status/statusor.h"
#include "cli/daemon/config.h"
#include "cli/daemon/daemon_server.h"

namespace spyhop {

// Reads the token's file: its first line. kInvalidArgument: it cannot be read, is empty, or others
// may read it.
absl::StatusOr<ServerOptions> ServerOptionsOf(const DaemonConfig& config);

// The same doors, for the same people?
bool AreSameDoors(const ServerOptions& a, const ServerOptions& b);

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_SERVER_OPTIONS_H_
