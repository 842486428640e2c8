// Asks a running daemon over its control socket: the other side of control_protocol.h. One request
// a connection; the calling thread waits.
#ifndef SPYHOP_CLI_DAEMON_CONTROL_CLIENT_H_
#define SPYHOP_CLI_DAEMON_CONTROL_CLIENT_H_

#include <atomic>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "cli/daemon/control_message.h"

namespace spyhop {

// The document of the reply, "" when it has none. Errors: what the daemon said; kUnavailable, no
// daemon is there; kPermissionDenied; kDeadlineExceeded, it has not answered within `patience`;
// kCancelled, `stop` was set; kDataLoss, what came is no reply.
absl::StatusOr<std::string> AskDaemon(const std::string& socket, const ControlRequest& request,
                                      Nanos patience, const std::atomic<bool>& stop);

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_CONTROL_CLIENT_H_
