// The daemon's doors: the control socket for `spyhop ctl`, and HTTP for Prometheus, pprof and a
// browser. docs/daemon-serving.md says what can be asked, docs/security.md by whom.
//
// Two threads: one that reads and writes sockets and never waits for anything else, one that makes
// the answers. What clients can take is bounded: connections, bytes and time of a request, time
// without progress, recordings at a time. None of it touches the threads that sample.
#ifndef SPYHOP_CLI_DAEMON_DAEMON_SERVER_H_
#define SPYHOP_CLI_DAEMON_DAEMON_SERVER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/daemon/fleet.h"

namespace spyhop {

struct ServerOptions {
  std::string control;        // path of the unix socket; empty: none
  std::string control_group;  // who may use it besides root and our user; empty: nobody
  std::string http;           // "127.0.0.1:7997", "[::1]:7997"; empty: none
  std::string http_token;     // needed of every client; must be given unless `http` is loopback
  // May be empty: why the daemon does not do its work, for /healthz. Called from a server's thread.
  std::function<absl::Status()> health;
  // May be empty: further metrics, as whole families of the text format. As above.
  std::function<std::string()> more_metrics;
};

class DaemonServer {
 public:
  // `fleet` must outlive it; calls it back after the end of this are let go of. Errors say what is
  // in the way: another daemon at the socket, an address in use, no such group, no token.
  static absl::StatusOr<std::unique_ptr<DaemonServer>> Create(const ServerOptions& options,
                                                              Fleet& fleet);
  // Closes all connections and takes the socket away.
  ~DaemonServer();
  DaemonServer(const DaemonServer&) = delete;
  DaemonServer& operator=(const DaemonServer&) = delete;

  // "127.0.0.1:7997": where HTTP listens, also where port 0 was asked for; empty: nowhere.
  const std::string& http_address() const;

 private:
  class Impl;
  explicit DaemonServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_DAEMON_SERVER_H_
