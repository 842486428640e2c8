#include "cli/daemon/control_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/scoped_fd.h"
#include "report/escape.h"

namespace spyhop {
namespace {

constexpr size_t kMostHead = 4096;
constexpr uint64_t kMostDocument = uint64_t{1} << 31;
// How soon a Ctrl-C is seen.
constexpr int kNapMilliseconds = 100;

absl::Status CannotConnect(const std::string& socket, int error) {
  const std::string path = EscapeForTerminal(socket);
  if (error == EACCES || error == EPERM) {
    return absl::PermissionDeniedError(absl::StrCat(
        "you may not use ", path,
        ": only root, the daemon's user and members of its control-group may; try sudo"));
  }
  return absl::UnavailableError(
      absl::StrCat("no daemon answers at ", path, " (", std::strerror(error),
                   "); is it running? `systemctl start spyhop`, or name its socket: --socket PATH"));
}

absl::StatusOr<ScopedFd> Connect(const std::string& socket_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof(address.sun_path)) {
    return CannotConnect(socket_path, ENAMETOOLONG);
  }
  socket_path.copy(address.sun_path, socket_path.size());
  ScopedFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return CannotConnect(socket_path, errno);
  }
  return fd;
}

class Reading {
 public:
  Reading(int fd, Nanos patience, const std::atomic<bool>& stop)
      : fd_(fd), deadline_(MonotonicClock().Now() + patience), stop_(stop) {}

  // Until a line's end: the line without it; what came behind it stays.
  absl::StatusOr<std::string> Line() {
    size_t end = 0;
    while ((end = bytes_.find('\n')) == bytes_.npos) {
      if (bytes_.size() > kMostHead) return absl::DataLossError("the daemon's reply has no end");
      const absl::Status more = More();
      if (!more.ok()) return more;
    }
    std::string line = bytes_.substr(0, end);
    bytes_.erase(0, end + 1);
    return line;
  }
  absl::StatusOr<std::string> Document(uint64_t size) {
    while (bytes_.size() < size) {
      const absl::Status more = More();
      if (!more.ok()) return more;
    }
    bytes_.resize(size);
    return std::move(bytes_);
  }

 private:
  absl::Status More() {
    pollfd readable{.fd = fd_, .events = POLLIN, .revents = 0};
    while (poll(&readable, 1, kNapMilliseconds) == 0) {
      if (stop_) return absl::CancelledError("interrupted, so nothing was written");
      if (MonotonicClock().Now() > deadline_) {
        return absl::DeadlineExceededError("the daemon does not answer; its log may say why");
      }
    }
    const ssize_t got = recv(fd_, piece_.data(), piece_.size(), 0);
    if (got < 0 && errno == EINTR) return absl::OkStatus();
    if (got <= 0) {
      return absl::UnavailableError("the daemon has hung up before its reply was whole: it was "
                                    "stopped, or has too much to do; try again");
    }
    bytes_.append(piece_.data(), static_cast<size_t>(got));
    return absl::OkStatus();
  }

  const int fd_;
  const Nanos deadline_;
  const std::atomic<bool>& stop_;
  std::string bytes_;
  std::array<char, size_t{64} << 10> piece_;
};

}  // namespace

absl::StatusOr<std::string> AskDaemon(const std::string& socket, const ControlRequest& request,
                                      Nanos patience, const std::atomic<bool>& stop) {
  const absl::StatusOr<ScopedFd> fd = Connect(socket);
  if (!fd.ok()) return fd.status();
  const std::string line = FormatControlRequest(request);
  // A daemon that refuses us says so without reading: its reply counts, not whether this went well.
  static_cast<void>(send(fd->get(), line.data(), line.size(), MSG_NOSIGNAL));
  Reading reading(fd->get(), patience, stop);
  const absl::StatusOr<std::string> first = reading.Line();
  if (!first.ok()) return first.status();
  const absl::StatusOr<ControlReplyHead> head = ParseControlReply(*first);
  if (!head.ok()) return head.status();
  if (!head->status.ok()) return head->status;
  if (head->document.value_or(0) > kMostDocument) {
    return absl::DataLossError("the daemon's reply is too large");
  }
  return reading.Document(head->document.value_or(0));
}

}  // namespace spyhop
