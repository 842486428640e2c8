#include "sampler/target/unix_peer.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "base/scoped_fd.h"

namespace spyhop {
namespace {

struct Request {
  nlmsghdr header;
  unix_diag_req question;
};

std::optional<UnixDiagnosis> Ask(int netlink, uint64_t inode) {
  Request request{};
  request.header = {sizeof(request), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 0, 0};
  request.question.sdiag_family = AF_UNIX;
  request.question.udiag_states = ~0U;
  request.question.udiag_ino = static_cast<uint32_t>(inode);
  request.question.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER;
  // INET_DIAG_NOCOOKIE: whatever socket has this inode.
  std::fill(std::begin(request.question.udiag_cookie), std::end(request.question.udiag_cookie),
            ~0U);
  if (send(netlink, &request, sizeof(request), 0) != sizeof(request)) return std::nullopt;
  alignas(nlmsghdr) uint8_t answer[1024];
  // The kernel answers within send; a lost answer must not block.
  const ssize_t got = recv(netlink, answer, sizeof(answer), MSG_DONTWAIT);
  if (got < 0) return std::nullopt;
  return ParseUnixDiagnosis({answer, static_cast<size_t>(got)});
}

void TakeAttribute(const rtattr& attribute, absl::Span<const uint8_t> value,
                   UnixDiagnosis& diagnosis) {
  if (attribute.rta_type == UNIX_DIAG_PEER && value.size() >= sizeof(uint32_t)) {
    uint32_t peer = 0;
    std::memcpy(&peer, value.data(), sizeof(peer));
    diagnosis.peer = peer;
  } else if (attribute.rta_type == UNIX_DIAG_NAME && !value.empty()) {
    diagnosis.name.assign(value.begin(), value.end());
    if (diagnosis.name[0] == '\0') diagnosis.name[0] = '@';
    diagnosis.name.resize(std::min(diagnosis.name.find('\0'), diagnosis.name.size()));
  }
}

}  // namespace

std::optional<UnixDiagnosis> ParseUnixDiagnosis(absl::Span<const uint8_t> message) {
  nlmsghdr header;
  size_t at = NLMSG_LENGTH(sizeof(unix_diag_msg));
  if (message.size() < at) return std::nullopt;
  std::memcpy(&header, message.data(), sizeof(header));
  if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY) return std::nullopt;
  const size_t end = std::min<size_t>(header.nlmsg_len, message.size());
  UnixDiagnosis diagnosis;
  while (at + sizeof(rtattr) <= end) {
    rtattr attribute;
    std::memcpy(&attribute, message.data() + at, sizeof(attribute));
    if (attribute.rta_len < sizeof(attribute) || attribute.rta_len > end - at) break;
    TakeAttribute(attribute,
                  message.subspan(at + sizeof(rtattr), attribute.rta_len - sizeof(rtattr)),
                  diagnosis);
    at += RTA_ALIGN(attribute.rta_len);
  }
  return diagnosis;
}

std::string UnixPeerName(uint64_t inode) {
  const ScopedFd netlink(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!netlink.valid()) return "";
  const std::optional<UnixDiagnosis> own = Ask(netlink.get(), inode);
  if (!own || own->peer == 0) return "";
  const std::optional<UnixDiagnosis> peer = Ask(netlink.get(), own->peer);
  return peer ? peer->name : "";
}

}  // namespace spyhop
