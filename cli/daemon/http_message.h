// HTTP requests and replies as bytes. Only what the daemon has use for: GET and HEAD, no body, one
// request a connection. The one file that includes Boost.Beast is its .cc.
#ifndef SPYHOP_CLI_DAEMON_HTTP_MESSAGE_H_
#define SPYHOP_CLI_DAEMON_HTTP_MESSAGE_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace spyhop {

inline constexpr size_t kMostHttpRequest = 8192;

struct HttpRequest {
  std::string method;
  std::string path;                          // decoded, without the query
  std::map<std::string, std::string> query;  // decoded; of a name given twice the last one
  // Of its headers: empty when they are missing.
  std::string host;
  std::string authorization;
  std::string fetch_site;  // Sec-Fetch-Site
  std::string fetch_mode;  // Sec-Fetch-Mode
};

// kInvalidArgument: it is no request of HTTP/1.0 or 1.1, or has a body.
absl::StatusOr<HttpRequest> ParseHttpRequest(std::string_view bytes);

struct HttpReply {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // further ones; ours, so trusted
};

// A short text for a person.
HttpReply TextReply(int status, std::string_view text);

// `with_body` false: the answer to HEAD. Adds what every reply has: its length, that the connection
// ends, and what a browser may not do with it.
std::string FormatHttpReply(const HttpReply& reply, bool with_body);

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_HTTP_MESSAGE_H_
