// The parsers and the wording of socket_tables.h: pure functions.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/absl_view.h"
#include "sampler/target/socket_tables.h"

namespace spyhop {
namespace {

// include/net/tcp_states.h
constexpr int kTcpClose = 7;
constexpr int kTcpListen = 10;
// __SO_ACCEPTCON in the flags of /proc/net/unix (include/linux/net.h).
constexpr uint32_t kAcceptsConnections = 0x10000;

template <typename T>
bool ParseNumber(absl::string_view text, int base, T& value) {
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value, base);
  return error == std::errc() && stopped == end;
}

// "0100007F:1F90": each word of the address as one number in the byte order of the machine, the
// port in plain hexadecimal (net/ipv4/tcp_ipv4.c, get_tcp4_sock).
std::optional<SocketAddress> ParseAddress(absl::string_view text) {
  constexpr size_t kWordDigits = 8;
  const size_t colon = text.find(':');
  if (colon != kWordDigits && colon != 4 * kWordDigits) return std::nullopt;
  SocketAddress address;
  address.v6 = colon != kWordDigits;
  for (size_t i = 0; i < colon / kWordDigits; ++i) {
    uint32_t word = 0;
    if (!ParseNumber(text.substr(i * kWordDigits, kWordDigits), 16, word)) return std::nullopt;
    std::memcpy(&address.bytes[4 * i], &word, sizeof(word));
  }
  if (!ParseNumber(text.substr(colon + 1), 16, address.port)) return std::nullopt;
  return address;
}

}  // namespace

std::optional<InetSocket> ParseInetLine(std::string_view line) {
  // sl local rem st tx:rx tr:when retrnsmt uid timeout inode ...
  const std::vector<absl::string_view> words =
      absl::StrSplit(AbslView(line), ' ', absl::SkipEmpty());
  if (words.size() < 10) return std::nullopt;
  const std::optional<SocketAddress> local = ParseAddress(words[1]);
  const std::optional<SocketAddress> remote = ParseAddress(words[2]);
  InetSocket socket;
  if (!local || !remote || !ParseNumber(words[3], 16, socket.state) ||
      !ParseNumber(words[9], 10, socket.inode)) {
    return std::nullopt;
  }
  socket.local = *local;
  socket.remote = *remote;
  return socket;
}

std::optional<UnixSocket> ParseUnixLine(std::string_view line) {
  // Num: RefCount Protocol Flags Type St Inode Path; the path is the rest of the line.
  std::vector<absl::string_view> words;
  size_t at = 0;
  while (words.size() < 7) {
    at = std::min(line.find_first_not_of(' ', at), line.size());
    const size_t end = std::min(line.find(' ', at), line.size());
    if (end == at) return std::nullopt;
    words.push_back(AbslView(line.substr(at, end - at)));
    at = end;
  }
  UnixSocket socket;
  uint32_t flags = 0;
  if (words[0].back() != ':' || !ParseNumber(words[3], 16, flags) ||
      !ParseNumber(words[6], 10, socket.inode)) {
    return std::nullopt;
  }
  socket.listening = (flags & kAcceptsConnections) != 0;
  if (at < line.size()) socket.path = std::string(line.substr(at + 1));
  return socket;
}

std::string FormatAddress(const SocketAddress& address) {
  char text[INET6_ADDRSTRLEN] = "?";
  in6_addr v6;
  static_assert(sizeof(v6) == sizeof(address.bytes));
  std::memcpy(&v6, address.bytes.data(), sizeof(v6));
  if (!address.v6 || IN6_IS_ADDR_V4MAPPED(&v6)) {
    inet_ntop(AF_INET, &address.bytes[address.v6 ? 12 : 0], text, sizeof(text));
    return absl::StrCat(text, ":", address.port);
  }
  inet_ntop(AF_INET6, &v6, text, sizeof(text));
  return absl::StrCat("[", text, "]:", address.port);
}

std::string DescribeTcp(const InetSocket& socket) {
  if (socket.state == kTcpListen) return "listening " + FormatAddress(socket.local);
  if (socket.remote.any() || socket.state == kTcpClose) return "tcp";
  return FormatAddress(socket.remote);
}

std::string DescribeUdp(const InetSocket& socket) {
  if (!socket.remote.any()) return "udp " + FormatAddress(socket.remote);
  if (socket.local.port != 0) return "udp at " + FormatAddress(socket.local);
  return "udp";
}

std::string DescribeUnix(const UnixSocket& socket) {
  std::string text = socket.listening ? "listening unix" : "unix";
  if (!socket.path.empty()) absl::StrAppend(&text, " ", socket.path);
  return text;
}

std::string DescribeSockaddr(absl::Span<const uint8_t> bytes) {
  sa_family_t family = AF_UNSPEC;
  if (bytes.size() < sizeof(family)) return "";
  std::memcpy(&family, bytes.data(), sizeof(family));
  SocketAddress address;
  if (family == AF_INET && bytes.size() >= sizeof(sockaddr_in)) {
    sockaddr_in in;
    std::memcpy(&in, bytes.data(), sizeof(in));
    address.port = ntohs(in.sin_port);
    std::memcpy(address.bytes.data(), &in.sin_addr, sizeof(in.sin_addr));
    return FormatAddress(address);
  }
  if (family == AF_INET6 && bytes.size() >= sizeof(sockaddr_in6)) {
    sockaddr_in6 in;
    std::memcpy(&in, bytes.data(), sizeof(in));
    address.v6 = true;
    address.port = ntohs(in.sin6_port);
    std::memcpy(address.bytes.data(), &in.sin6_addr, sizeof(in.sin6_addr));
    return FormatAddress(address);
  }
  if (family != AF_UNIX) return "";
  std::string path(bytes.begin() + sizeof(family), bytes.end());
  // An abstract name begins with NUL and is as long as the address; a path ends at NUL (unix(7)).
  if (!path.empty() && path[0] == '\0') {
    path[0] = '@';
  } else {
    path.resize(std::min(path.find('\0'), path.size()));
  }
  return path.empty() ? "unix" : absl::StrCat("unix ", path);
}

}  // namespace spyhop
