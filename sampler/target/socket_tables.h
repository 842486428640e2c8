// What the sockets of a network namespace are connected to: /proc/PID/net/{tcp,tcp6,udp,udp6,unix}
// of the target, by inode (proc(5)).
//
// A table is of the whole namespace, and reading one is not cheap: 3 ms for tcp even when it is
// empty (the kernel walks its hash), 2.5 us for each socket. So a table is read only when a socket
// is asked for that the last reading did not have, for at most 100 ms (35,000 sockets; the next
// reading goes on from there), and after a reading that took T not again for 200 T: half a percent
// of a CPU at worst. At most 200,000 sockets are kept of a table; one that is not among them is
// not told. Any process of that namespace can give a unix socket a path that looks like further
// lines: names are hints. Not thread-safe.
#ifndef SPYHOP_SAMPLER_TARGET_SOCKET_TABLES_H_
#define SPYHOP_SAMPLER_TARGET_SOCKET_TABLES_H_

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "base/clock.h"
#include "base/scoped_fd.h"

namespace spyhop {

struct SocketAddress {
  std::array<uint8_t, 16> bytes{};  // network order; an IPv4 address in the first four
  bool v6 = false;
  uint16_t port = 0;

  bool any() const { return bytes == std::array<uint8_t, 16>{}; }
};

struct InetSocket {
  uint64_t inode = 0;  // 0: no longer of any process
  int state = 0;       // TCP_LISTEN = 10 and so on (include/net/tcp_states.h); UDP has some of them
  SocketAddress local;
  SocketAddress remote;
};

struct UnixSocket {
  uint64_t inode = 0;
  bool listening = false;
  std::string path;  // empty: has no name; "@name" in the abstract namespace
};

// One line of /proc/net/tcp or udp, or their IPv6 forms. Nothing for the header and what is cut.
std::optional<InetSocket> ParseInetLine(std::string_view line);
std::optional<UnixSocket> ParseUnixLine(std::string_view line);

// "10.0.0.5:5432", "[2001:db8::1]:80"; an IPv4 address within IPv6 as IPv4.
std::string FormatAddress(const SocketAddress& address);
// The words after "socket": "10.0.0.5:5432", "listening 0.0.0.0:80", "tcp" when not connected.
std::string DescribeTcp(const InetSocket& socket);
std::string DescribeUdp(const InetSocket& socket);
std::string DescribeUnix(const UnixSocket& socket);

// The same of a struct sockaddr as it was given to connect(2). Empty: not understood.
std::string DescribeSockaddr(absl::Span<const uint8_t> bytes);

class SocketTables {
 public:
  explicit SocketTables(int pid) : pid_(pid) {}

  // What follows "socket" for the socket with that inode, of the protocol that the kernel calls
  // so ("TCP", "UDPv6", "UNIX-STREAM"): at least the protocol in small letters.
  std::string Describe(std::string_view protocol, uint64_t inode, Nanos now);

 private:
  struct Table {
    explicit Table(const char* name) : file(name) {}
    const char* file;
    absl::flat_hash_map<uint64_t, InetSocket> inet;
    absl::flat_hash_map<uint64_t, UnixSocket> unix_sockets;
    Nanos next_read = 0;
    ScopedFd unfinished;  // a reading that was cut
    std::string rest;     // and its last line, as far as it came
  };

  const InetSocket* FindInet(Table& table, uint64_t inode, Nanos now);
  const UnixSocket* FindUnix(Table& table, uint64_t inode, Nanos now);
  void Read(Table& table, Nanos now);
  void Take(Table& table, std::string_view line);
  std::string DescribeUnixSocket(uint64_t inode, Nanos now);
  std::string PeerOf(uint64_t inode);

  int pid_;
  std::optional<bool> shares_network_;  // with us, so that the kernel can be asked for peers
  Table tcp_{"tcp"};
  Table tcp6_{"tcp6"};
  Table udp_{"udp"};
  Table udp6_{"udp6"};
  Table unix_{"unix"};
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_SOCKET_TABLES_H_
