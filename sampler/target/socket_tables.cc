#include "sampler/target/socket_tables.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/absl_view.h"
#include "sampler/target/process_files.h"
#include "sampler/target/unix_peer.h"

namespace spyhop {
namespace {

constexpr size_t kMaxKept = 200'000;
constexpr size_t kMaxLine = 4096;
constexpr Nanos kLongestReading = 100 * kMillisecond;
constexpr int kPauseFactor = 200;
constexpr Nanos kShortestPause = 20 * kMillisecond;

// Calls `take` with each whole line of the file; `rest` is what comes before its next byte. True
// at its end, false when time was up.
template <typename Take>
bool ForEachLine(int fd, Nanos deadline, std::string& rest, Take take) {
  MonotonicClock clock;
  std::string piece(64 << 10, '\0');
  while (clock.Now() < deadline) {
    const ssize_t got = read(fd, piece.data(), piece.size());
    if (got <= 0) return true;
    rest.append(piece, 0, static_cast<size_t>(got));
    size_t begin = 0;
    for (size_t end; (end = rest.find('\n', begin)) != rest.npos; begin = end + 1) {
      take(std::string_view(rest).substr(begin, end - begin));
    }
    rest.erase(0, begin);
    if (rest.size() > kMaxLine) rest.clear();
  }
  return false;
}

}  // namespace

void SocketTables::Take(Table& table, std::string_view line) {
  if (table.inet.size() + table.unix_sockets.size() >= kMaxKept) return;
  if (&table != &unix_) {
    const std::optional<InetSocket> socket = ParseInetLine(line);
    if (socket && socket->inode != 0) table.inet.try_emplace(socket->inode, *socket);
  } else if (std::optional<UnixSocket> socket = ParseUnixLine(line)) {
    const uint64_t inode = socket->inode;
    table.unix_sockets.try_emplace(inode, *std::move(socket));
  }
}

void SocketTables::Read(Table& table, Nanos now) {
  MonotonicClock clock;
  const Nanos begin = clock.Now();
  if (!table.unfinished.valid()) {
    const std::string path = absl::StrCat("/proc/", pid_, "/net/", table.file);
    table.unfinished = ScopedFd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    table.inet.clear();
    table.unix_sockets.clear();
    table.rest.clear();
  }
  const bool done = !table.unfinished.valid() ||
                    ForEachLine(table.unfinished.get(), begin + kLongestReading, table.rest,
                                [&](std::string_view line) { Take(table, line); });
  if (done) table.unfinished.Reset();
  table.next_read = now + std::max(kShortestPause, kPauseFactor * (clock.Now() - begin));
}

const InetSocket* SocketTables::FindInet(Table& table, uint64_t inode, Nanos now) {
  auto found = table.inet.find(inode);
  // A UDP socket without a peer may have been connected since.
  const bool settled = found != table.inet.end() &&
                       (!found->second.remote.any() || (&table != &udp_ && &table != &udp6_));
  if (!settled && now >= table.next_read) {
    Read(table, now);
    found = table.inet.find(inode);
  }
  return found == table.inet.end() ? nullptr : &found->second;
}

const UnixSocket* SocketTables::FindUnix(Table& table, uint64_t inode, Nanos now) {
  auto found = table.unix_sockets.find(inode);
  if (found == table.unix_sockets.end() && now >= table.next_read) {
    Read(table, now);
    found = table.unix_sockets.find(inode);
  }
  return found == table.unix_sockets.end() ? nullptr : &found->second;
}

std::string SocketTables::PeerOf(uint64_t inode) {
  if (!shares_network_) shares_network_ = ProcessFiles(pid_).SharesNamespace("net");
  return shares_network_.value_or(false) ? UnixPeerName(inode) : "";
}

std::string SocketTables::DescribeUnixSocket(uint64_t inode, Nanos now) {
  const UnixSocket* socket = FindUnix(unix_, inode, now);
  if (socket == nullptr) return "unix";
  if (socket->listening || !socket->path.empty()) return DescribeUnix(*socket);
  const std::string peer = PeerOf(inode);
  return peer.empty() ? "unix" : absl::StrCat("unix (peer ", peer, ")");
}

std::string SocketTables::Describe(std::string_view protocol, uint64_t inode, Nanos now) {
  // UNIX-STREAM from Linux 5.15 on, UNIX before it and for datagrams.
  if (protocol.starts_with("UNIX")) return DescribeUnixSocket(inode, now);
  const bool v6 = protocol.ends_with("v6");
  if (protocol.starts_with("TCP") || protocol == "MPTCP") {
    const InetSocket* socket = FindInet(v6 ? tcp6_ : tcp_, inode, now);
    return socket != nullptr ? DescribeTcp(*socket) : "tcp";
  }
  if (protocol.starts_with("UDP")) {
    const InetSocket* socket = FindInet(v6 ? udp6_ : udp_, inode, now);
    return socket != nullptr ? DescribeUdp(*socket) : "udp";
  }
  return absl::AsciiStrToLower(AbslView(protocol));
}

}  // namespace spyhop
