// What is spoken on one of the daemon's sockets, as its listener (listener.h) needs to know it: one
// request a connection, one reply. All of it is called in the listener's thread and must not wait.
#ifndef SPYHOP_CLI_DAEMON_PROTOCOL_H_
#define SPYHOP_CLI_DAEMON_PROTOCOL_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace spyhop {

struct ConnectionLimits {
  size_t connections = 64;      // at a time
  size_t request_bytes = 4096;  // of one
  Nanos request_time = 5 * kSecond;
  Nanos stall_time = 10 * kSecond;  // of a reply, without progress
};

class Protocol {
 public:
  // The whole of what goes back; from any thread, at most once.
  using Done = std::function<void(std::string reply)>;

  virtual ~Protocol() = default;
  virtual ConnectionLimits limits() const = 0;
  // Of a connection that has just come in: who it is, to count by; none: it is not let in, and
  // `refusal` says so.
  virtual std::optional<std::string> Admit(int fd, std::string& refusal) = 0;
  // Is the request all here? Up to `looked_at` it was not.
  virtual bool IsWhole(std::string_view received, size_t looked_at) const = 0;
  virtual void Answer(const std::string& request, const std::string& who, Done done) = 0;

  // Replies to those who are not answered.
  virtual std::string TooLarge() const = 0;
  virtual std::string TooSlow() const = 0;
  virtual std::string TooMany() const = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_PROTOCOL_H_
