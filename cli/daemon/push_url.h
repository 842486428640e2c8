// Addresses that profiles are sent to.
#ifndef SPYHOP_CLI_DAEMON_PUSH_URL_H_
#define SPYHOP_CLI_DAEMON_PUSH_URL_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/daemon/labels.h"

namespace spyhop {

struct HttpUrl {
  bool is_tls = false;
  std::string host;    // "store.example", "10.0.0.5", "::1"
  std::string port;    // "4040"
  std::string target;  // path and query, begins with '/'

  // What goes into the header Host.
  std::string Authority() const;
};

// Of "http://HOST[:PORT][/PATH]" or https. kInvalidArgument: says what is wrong with it.
absl::StatusOr<HttpUrl> ParseHttpUrl(std::string_view url);

// All but letters, digits, '-', '.', '_' and '~' as %XX (RFC 3986, 2.3).
std::string PercentEncode(std::string_view text);

// Where Pyroscope takes a profile of that time span. The label "service" becomes the application's
// name. Characters which Pyroscope refuses, or reads as separators, become '_'.
std::string PyroscopeUrl(std::string_view base, const Labels& labels, absl::Time from,
                         absl::Time until, double rate_hz);

// Where an OTLP receiver takes profiles.
std::string OtlpUrl(std::string_view base);

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_PUSH_URL_H_
