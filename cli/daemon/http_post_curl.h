// https:// by libcurl, which verifies the server's certificate by the system's authorities, or by
// those in the file that the environment variable SSL_CERT_FILE names.
#ifndef SPYHOP_CLI_DAEMON_HTTP_POST_CURL_H_
#define SPYHOP_CLI_DAEMON_HTTP_POST_CURL_H_

#include <memory>

#include "cli/daemon/http_post.h"

namespace spyhop {

// Null: this Spyhop was built without libcurl, or it is not installed.
std::unique_ptr<HttpPoster> MakeCurlPoster();

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_HTTP_POST_CURL_H_
