// The other end of a unix socket: asked of the kernel by sock_diag(7), the one place that tells.
//
// Works for sockets of Spyhop's own network namespace. Two exchanges on a netlink socket, 10 us in
// all (15 us more the first time). Any thread may call it.
#ifndef SPYHOP_SAMPLER_TARGET_UNIX_PEER_H_
#define SPYHOP_SAMPLER_TARGET_UNIX_PEER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/types/span.h"

namespace spyhop {

struct UnixDiagnosis {
  uint64_t peer = 0;  // its inode; 0: not connected
  std::string name;   // as in UnixSocket
};

// One answer of the kernel, header included. Nothing when it is an error or makes no sense.
std::optional<UnixDiagnosis> ParseUnixDiagnosis(absl::Span<const uint8_t> message);

// The name that the peer of the unix socket `inode` has; empty when it has none or is not known.
std::string UnixPeerName(uint64_t inode);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_UNIX_PEER_H_
