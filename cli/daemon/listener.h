// Accepts the connections of one listening socket, reads each one's request and writes the reply,
// within the protocol's limits; all in the thread that runs `loop`.
//
// Where all places are taken, the connection that has been at its request the longest makes room:
// a request that is all there is answered, however many others hold their connection open. Those
// who wait for an answer, or read one, are never put out; when all are such, the newcomer is told.
#ifndef SPYHOP_CLI_DAEMON_LISTENER_H_
#define SPYHOP_CLI_DAEMON_LISTENER_H_

#include <atomic>
#include <cstdint>
#include <memory>

#include "cli/daemon/protocol.h"

namespace boost::asio {
class io_context;
}  // namespace boost::asio

namespace spyhop {

// Since it began; read by any thread.
struct ConnectionCounts {
  std::atomic<uint64_t> accepted{0};
  std::atomic<uint64_t> answered{0};
  std::atomic<uint64_t> refused{0};  // not let in, too many, too large, too slow, put out
  std::atomic<uint64_t> open{0};     // now
};

class Listener {
 public:
  // `fd` listens and is duplicated; `protocol` and `counts` must outlive this and the loop.
  Listener(boost::asio::io_context& loop, int fd, Protocol& protocol, ConnectionCounts& counts);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_LISTENER_H_
