#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cli/daemon/listening_sockets.h"
#include "report/escape.h"

namespace spyhop {
namespace {

constexpr int kBacklog = 512;

struct Place {
  sockaddr_storage address{};
  socklen_t size = 0;
  std::string host;
  bool is_loopback = false;
};

Place PlaceOf(const in_addr& host, uint16_t port) {
  Place place;
  auto& address = reinterpret_cast<sockaddr_in&>(place.address);
  address.sin_family = AF_INET;
  address.sin_addr = host;
  address.sin_port = htons(port);
  place.size = sizeof(address);
  place.is_loopback = ntohl(host.s_addr) >> 24 == IN_LOOPBACKNET;
  return place;
}

Place PlaceOf(const in6_addr& host, uint16_t port) {
  Place place;
  auto& address = reinterpret_cast<sockaddr_in6&>(place.address);
  address.sin6_family = AF_INET6;
  address.sin6_addr = host;
  address.sin6_port = htons(port);
  place.size = sizeof(address);
  place.is_loopback = IN6_IS_ADDR_LOOPBACK(&host);
  return place;
}

std::optional<Place> Parse(std::string_view text) {
  const size_t colon = text.rfind(':');
  uint32_t port = 0;
  if (colon == text.npos || !absl::SimpleAtoi(std::string(text.substr(colon + 1)), &port) ||
      port > 65535) {
    return std::nullopt;
  }
  std::string host(text.substr(0, colon));
  const std::string written = host;
  if (host == "localhost") host = "127.0.0.1";
  in_addr four;
  in6_addr six;
  std::optional<Place> place;
  if (inet_pton(AF_INET, host.c_str(), &four) == 1) {
    place = PlaceOf(four, static_cast<uint16_t>(port));
  } else if (host.starts_with('[') && host.ends_with(']') &&
             inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &six) == 1) {
    place = PlaceOf(six, static_cast<uint16_t>(port));
  }
  if (place) place->host = written;
  return place;
}

uint16_t PortOf(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(address).sin_port);
}

}  // namespace

absl::StatusOr<HttpSocket> ListenForHttp(const std::string& address) {
  const std::optional<Place> place = Parse(address);
  if (!place) {
    return absl::InvalidArgumentError(
        absl::StrCat("http: '", EscapeForTerminal(address),
                     "' is no address and port; write it as 127.0.0.1:7997 or [::1]:7997"));
  }
  HttpSocket result{.host = place->host, .is_loopback = place->is_loopback};
  result.fd = ScopedFd(
      socket(place->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int yes = 1;
  setsockopt(result.fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  if (bind(result.fd.get(), reinterpret_cast<const sockaddr*>(&place->address), place->size) != 0 ||
      listen(result.fd.get(), kBacklog) != 0) {
    return absl::UnavailableError(
        absl::StrCat("http: cannot listen on ", EscapeForTerminal(address), ": ",
                     std::strerror(errno), errno == EADDRINUSE ? "; give it another port" : ""));
  }
  result.address = absl::StrCat(result.host, ":", PortOf(result.fd.get()));
  return result;
}

}  // namespace spyhop
