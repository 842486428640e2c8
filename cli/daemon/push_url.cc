#include "cli/daemon/push_url.h"

#include <algorithm>
#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/absl_view.h"
#include "report/escape.h"

namespace spyhop {
namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";
constexpr std::string_view kServiceLabel = "service";
constexpr std::string_view kNoService = "unknown";

absl::Status Bad(std::string_view url, std::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("'", EscapeForTerminal(url), "' is no address to push to: ", AbslView(why)));
}

bool IsPort(std::string_view text) {
  int port = 0;
  return absl::SimpleAtoi(AbslView(text), &port) && port >= 1 && port <= 65'535;
}

// Both rules are those of Pyroscope's labelset.ValidateServiceName and labelset.Parse.
std::string ServiceName(std::string name) {
  std::replace_if(
      name.begin(), name.end(),
      [](char c) {
        return !absl::ascii_isalnum(static_cast<unsigned char>(c)) && !absl::StrContains("_./-", c);
      },
      '_');
  return name;
}

std::string LabelValue(std::string value) {
  std::replace_if(
      value.begin(), value.end(),
      [](char c) {
        return c == ',' || c == '}' || absl::ascii_iscntrl(static_cast<unsigned char>(c));
      },
      '_');
  return value;
}

std::string_view WithoutSlash(std::string_view base) {
  while (!base.empty() && base.back() == '/') base.remove_suffix(1);
  return base;
}

}  // namespace

std::string HttpUrl::Authority() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  const std::string name = is_v6 ? absl::StrCat("[", host, "]") : host;
  return port == (is_tls ? "443" : "80") ? name : absl::StrCat(name, ":", port);
}

absl::StatusOr<HttpUrl> ParseHttpUrl(std::string_view url) {
  HttpUrl parsed;
  parsed.is_tls = absl::StartsWith(AbslView(url), AbslView(kHttps));
  if (!parsed.is_tls && !absl::StartsWith(AbslView(url), AbslView(kHttp))) {
    return Bad(url, "it must begin with http:// or https://");
  }
  for (const char c : url) {
    if (c <= ' ' || c == '\x7f' || c == '#') return Bad(url, "write such characters as %XX");
  }
  const std::string_view rest = url.substr((parsed.is_tls ? kHttps : kHttp).size());
  const size_t slash = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, slash);
  if (authority.find('@') != std::string_view::npos) {
    return Bad(url, "give the user and password by header.Authorization");
  }
  const bool is_v6 = !authority.empty() && authority.front() == '[';
  const size_t host_end = is_v6 ? authority.find(']') : authority.find(':');
  if (is_v6 && host_end == std::string_view::npos) return Bad(url, "']' is missing");
  parsed.host = is_v6 ? authority.substr(1, host_end - 1) : authority.substr(0, host_end);
  if (parsed.host.empty()) return Bad(url, "the host is missing");
  const std::string_view after = authority.substr(std::min(host_end + is_v6, authority.size()));
  parsed.port = parsed.is_tls ? "443" : "80";
  if (host_end != std::string_view::npos && !after.empty()) {
    if (after.front() != ':' || !IsPort(after.substr(1))) return Bad(url, "no such port");
    parsed.port = after.substr(1);
  }
  parsed.target = rest.substr(slash);
  if (parsed.target.empty() || parsed.target.front() == '?') parsed.target.insert(0, 1, '/');
  return parsed;
}

std::string PercentEncode(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || absl::StrContains("-._~", c)) {
      encoded.push_back(c);
    } else {
      encoded.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
    }
  }
  return encoded;
}

std::string PyroscopeUrl(std::string_view base, const Labels& labels, absl::Time from,
                         absl::Time until, double rate_hz) {
  const auto service = labels.find(std::string(kServiceLabel));
  const bool has_service = service != labels.end() && !service->second.empty();
  std::string name = ServiceName(has_service ? service->second : std::string(kNoService));
  name.push_back('{');
  std::string_view separator;
  for (const auto& [key, value] : labels) {
    if (key == kServiceLabel) continue;
    absl::StrAppend(&name, AbslView(separator), key, "=", LabelValue(value));
    separator = ",";
  }
  name.push_back('}');
  const int64_t first = absl::ToUnixSeconds(from);
  const int64_t last =
      std::max(absl::ToUnixSeconds(absl::Ceil(until - absl::UnixEpoch(), absl::Seconds(1)) +
                                   absl::UnixEpoch()),
               first + 1);
  return absl::StrCat(AbslView(WithoutSlash(base)), "/ingest?name=", PercentEncode(name),
                      "&from=", first, "&until=", last,
                      "&sampleRate=", std::max(std::lround(rate_hz), 1L),
                      "&spyName=spyhop&format=pprof");
}

std::string OtlpUrl(std::string_view base) {
  return absl::StrCat(AbslView(WithoutSlash(base)), "/v1development/profiles");
}

}  // namespace spyhop
