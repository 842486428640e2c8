#include "cli/daemon/control_peer.h"

#include <grp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "report/escape.h"

namespace spyhop {
namespace {

// NGROUPS_MAX, setgroups(2).
constexpr size_t kMostGroups = 65536;

// Linux 4.13; older kernels tell none, so only the peer's first group counts.
std::vector<gid_t> GroupsOf(int fd) {
  std::vector<gid_t> groups(64);
  auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  while (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) {
    if (errno != ERANGE || groups.size() >= kMostGroups) return {};
    groups.resize(kMostGroups);
    size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  }
  groups.resize(size / sizeof(gid_t));
  return groups;
}

}  // namespace

std::optional<ControlPeer> PeerOf(int fd) {
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return std::nullopt;
  return ControlPeer{.pid = credentials.pid,
                     .user = credentials.uid,
                     .group = credentials.gid,
                     .groups = GroupsOf(fd)};
}

absl::Status CheckPeer(const ControlPeer& peer, const ControlPolicy& policy) {
  if (peer.user == 0 || peer.user == policy.own_user) return absl::OkStatus();
  if (policy.group) {
    if (peer.group == *policy.group) return absl::OkStatus();
    if (std::find(peer.groups.begin(), peer.groups.end(), *policy.group) != peer.groups.end()) {
      return absl::OkStatus();
    }
  }
  return absl::PermissionDeniedError(
      absl::StrCat("user ", peer.user, " may not ask this daemon: only root, its own user (",
                   policy.own_user, ")",
                   policy.group ? absl::StrCat(" and members of group ", *policy.group)
                                : std::string(", as no control-group is configured")));
}

absl::StatusOr<gid_t> FindGroup(const std::string& name) {
  gid_t number = 0;
  if (absl::SimpleAtoi(name, &number)) return number;
  std::vector<char> texts(size_t{1} << 16);
  group entry{};
  group* found = nullptr;
  if (getgrnam_r(name.c_str(), &entry, texts.data(), texts.size(), &found) == 0 &&
      found != nullptr) {
    return entry.gr_gid;
  }
  return absl::NotFoundError(absl::StrCat("control-group: there is no group '",
                                          EscapeForTerminal(name), "'; `getent group` lists them"));
}

}  // namespace spyhop
