// The sockets that the daemon listens on, made as they have to be before anybody can connect.
#ifndef SPYHOP_CLI_DAEMON_LISTENING_SOCKETS_H_
#define SPYHOP_CLI_DAEMON_LISTENING_SOCKETS_H_

#include <sys/types.h>

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "base/scoped_fd.h"

namespace spyhop {

// A unix socket of mode 0660; its file goes with it.
class ControlSocket {
 public:
  // Makes the folder when it is missing. The socket of a daemon that is gone is replaced, that of
  // one that answers is not (kAlreadyExists). kInvalidArgument: the path is too long, or not safe.
  static absl::StatusOr<ControlSocket> Create(const std::string& path, std::optional<gid_t> group);
  ControlSocket(ControlSocket&& other) noexcept;
  ControlSocket& operator=(ControlSocket&&) = delete;
  // Takes the file away, unless another daemon has put its own there.
  ~ControlSocket();

  int fd() const { return fd_.get(); }

 private:
  ControlSocket(std::string path, ScopedFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  std::string path_;
  ScopedFd fd_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

struct HttpSocket {
  ScopedFd fd;
  std::string address;  // "127.0.0.1:7997", with the port that it really has
  std::string host;     // "127.0.0.1", "[::1]": as a client would write it
  bool is_loopback = false;
};

// "127.0.0.1:7997", "[::1]:7997", "localhost:7997", "0.0.0.0:7997". Errors say what is wrong with
// it, or what is in the way.
absl::StatusOr<HttpSocket> ListenForHttp(const std::string& address);

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_LISTENING_SOCKETS_H_
