// Sends one HTTP request with a body and waits for its answer.
//
// For http:// by Boost.Beast, for https:// by libcurl where Spyhop was built with it (CMake option
// SPYHOP_CURL). A connection for each request; no redirect is followed. Answers are foreign: 8 KiB
// of head and the first 64 KiB of body are read, no more. An interface, so that what is done about
// refusals can be tested without a network.
#ifndef SPYHOP_CLI_DAEMON_HTTP_POST_H_
#define SPYHOP_CLI_DAEMON_HTTP_POST_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"

namespace spyhop {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string_view url;
  std::string_view content_type;
  HttpHeaders headers;    // further ones
  std::string_view body;  // gzip
  // Of it all, up to the answer's end. A look-up of the host's name that hangs is waited for as
  // long as the C library lets it (resolv.conf(5): timeout, attempts).
  Nanos timeout = 0;
};

struct HttpAnswer {
  int status = 0;
  std::string retry_after;  // that header, as received
  std::string body;         // what came of it
};

inline constexpr size_t kLongestAnswer = size_t{64} << 10;

class HttpPoster {
 public:
  virtual ~HttpPoster() = default;
  // An answer whose head came whole is one, even if its body did not. Errors: kUnavailable, with
  // what happened; kDeadlineExceeded; kCancelled. By one thread at a time.
  virtual absl::StatusOr<HttpAnswer> Post(const HttpRequest& request) = 0;
  // Ends the Post that runs, and each later one. By any thread.
  virtual void Cancel() = 0;
};

// What posts to such an address. kInvalidArgument: it is none, or this build has no TLS.
absl::StatusOr<std::unique_ptr<HttpPoster>> MakeHttpPoster(std::string_view url);

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_HTTP_POST_H_
