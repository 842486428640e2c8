// Who is at the other end of the control socket, and whether it may ask: root, our own user, and
// members of one group. The kernel's word of the moment it connected (SO_PEERCRED and SO_PEERGROUPS,
// unix(7)): no name service is asked, nothing can change behind our back. Two system calls.
#ifndef SPYHOP_CLI_DAEMON_CONTROL_PEER_H_
#define SPYHOP_CLI_DAEMON_CONTROL_PEER_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace spyhop {

struct ControlPeer {
  pid_t pid = 0;  // 0: of another pid namespace
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> groups;  // further ones
};

// None: `fd` is no connected unix socket.
std::optional<ControlPeer> PeerOf(int fd);

struct ControlPolicy {
  uid_t own_user = 0;
  std::optional<gid_t> group;
};

// OK, or kPermissionDenied with who may.
absl::Status CheckPeer(const ControlPeer& peer, const ControlPolicy& policy);

// A group by its name or number. kNotFound: there is none.
absl::StatusOr<gid_t> FindGroup(const std::string& name);

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_CONTROL_PEER_H_
