// The headers that a [push] section adds to each request, where a value "@FILE" stands for the
// first line of that file: a token that is renewed is read anew.
#ifndef SPYHOP_CLI_DAEMON_PUSH_HEADERS_H_
#define SPYHOP_CLI_DAEMON_PUSH_HEADERS_H_

#include "absl/status/statusor.h"
#include "cli/daemon/http_post.h"

namespace spyhop {

// kInvalidArgument: a name or a value that no header can have. kUnavailable: a file cannot be read.
absl::StatusOr<HttpHeaders> ReadHeaders(const HttpHeaders& configured);

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_PUSH_HEADERS_H_
