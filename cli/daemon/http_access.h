// Who may ask by HTTP: whoever can reach the address, and has the token where there is one; never
// another site's page in a browser that can reach it.
#ifndef SPYHOP_CLI_DAEMON_HTTP_ACCESS_H_
#define SPYHOP_CLI_DAEMON_HTTP_ACCESS_H_

#include <optional>
#include <string>
#include <string_view>

#include "cli/daemon/http_message.h"

namespace spyhop {

struct HttpPolicy {
  std::string token;  // empty: none is needed
  bool is_loopback = true;
  std::string host;  // as configured: "127.0.0.1"
};

// Whoever measures learns nothing but the length.
bool IsSameToken(std::string_view given, std::string_view token);

// The token of "Bearer TOKEN", or of "Basic ...", as its password: browsers and `go tool pprof
// http://any:TOKEN@host/` can send no other. None: it holds neither.
std::optional<std::string> TokenOf(std::string_view authorization);

// The refusal, or none: 405 for a method other than GET and HEAD, 403 for a Host that is not ours
// (a name that a hostile site has pointed at this machine, "DNS rebinding") and for a request made
// by another site's page, 401 without the token.
std::optional<HttpReply> RefuseHttp(const HttpRequest& request, const HttpPolicy& policy);

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_HTTP_ACCESS_H_
