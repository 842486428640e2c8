#include "cli/config_values.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/absl_view.h"
#include "cli/daemon/label_maker.h"
#include "cli/quantity.h"

namespace spyhop {
namespace {

constexpr size_t kLongestSectionName = 64;
constexpr size_t kMostVariables = 32;
constexpr double kLongestSeconds = 10 * 365.25 * 86400;
constexpr double kLargestSize = 1ULL << 60;

template <typename Test>
bool AllOf(absl::string_view text, Test test) {
  return !text.empty() && std::all_of(text.begin(), text.end(), test);
}

struct HostAndPort {
  absl::string_view host;
  absl::string_view port;
};

// An address of IPv6 is in brackets, for it has colons itself.
std::optional<HostAndPort> SplitHost(absl::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  HostAndPort parts = {text.substr(0, colon), text.substr(colon + 1)};
  if (absl::ConsumePrefix(&parts.host, "[")) {
    if (!absl::ConsumeSuffix(&parts.host, "]")) return std::nullopt;
  } else if (absl::StrContains(parts.host, ":")) {
    return std::nullopt;
  }
  return parts;
}

bool IsHost(absl::string_view text) {
  return AllOf(text, [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '-' || c == ':' || c == '_';
  });
}

bool IsPort(absl::string_view text) {
  uint32_t port = 0;
  return AllOf(text, absl::ascii_isdigit) && absl::SimpleAtoi(text, &port) && port > 0 &&
         port <= 65535;
}

}  // namespace

std::optional<double> ParseShare(const std::string& text) {
  constexpr Unit kUnits[] = {{"%", 0.01}};
  const bool bare = !absl::EndsWith(text, "%");
  const std::optional<double> value = NumberWithUnit(text, kUnits);
  return value && bare ? *value / 100 : value;
}

std::optional<uint64_t> ParseSize(const std::string& text) {
  constexpr Unit kUnits[] = {
      {"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"tib", 1ULL << 40}};
  const std::optional<double> bytes = NumberWithUnit(text, kUnits);
  if (!bytes || *bytes > kLargestSize) return std::nullopt;
  return static_cast<uint64_t>(*bytes);
}

std::optional<Nanos> ParseConfigTime(const std::string& text) {
  const std::optional<double> seconds = NumberWithUnit(text, kDurationUnits);
  if (!seconds || *seconds > kLongestSeconds) return std::nullopt;
  return static_cast<Nanos>(*seconds * static_cast<double>(kSecond));
}

std::optional<double> ParseHertz(const std::string& text) {
  constexpr Unit kUnits[] = {{"hz", 1}};
  return NumberWithUnit(text, kUnits);
}

std::optional<bool> ParseYesNo(std::string_view text) {
  if (text == "yes") return true;
  if (text == "no") return false;
  return std::nullopt;
}

std::optional<std::vector<std::string>> ParseVariableNames(const std::string& text) {
  std::vector<std::string> names;
  for (absl::string_view name : absl::StrSplit(text, ',')) {
    name = absl::StripAsciiWhitespace(name);
    if (!IsLabelName({name.data(), name.size()})) return std::nullopt;
    names.emplace_back(name);
  }
  if (names.size() > kMostVariables) return std::nullopt;
  return names;
}

bool IsAbsolutePath(std::string_view text) {
  return text.starts_with('/') && text.size() < 4096 && text.find('\0') == text.npos;
}

bool IsHostAndPort(std::string_view text) {
  const std::optional<HostAndPort> parts = SplitHost(AbslView(text));
  return parts && IsHost(parts->host) && IsPort(parts->port);
}

bool IsLoopback(std::string_view host_and_port) {
  const std::optional<HostAndPort> parts = SplitHost(AbslView(host_and_port));
  if (!parts) return false;
  // "127.evil.example" is a name.
  const bool numeric =
      AllOf(parts->host, [](unsigned char c) { return absl::ascii_isdigit(c) || c == '.'; });
  return parts->host == "localhost" || parts->host == "::1" ||
         (numeric && absl::StartsWith(parts->host, "127."));
}

bool IsHttpUrl(std::string_view text) {
  absl::string_view rest = AbslView(text);
  if (!absl::ConsumePrefix(&rest, "http://") && !absl::ConsumePrefix(&rest, "https://")) {
    return false;
  }
  if (!std::all_of(rest.begin(), rest.end(), absl::ascii_isgraph)) return false;
  const absl::string_view host = rest.substr(0, rest.find_first_of("/?"));
  if (absl::StrContains(host, "@")) return false;  // a password would end up in messages
  const bool has_port = !host.empty() && host.back() != ']' && absl::StrContains(host, ":");
  if (has_port) return IsHostAndPort({host.data(), host.size()});
  return IsHost(absl::StripSuffix(absl::StripPrefix(host, "["), "]"));
}

bool IsHeaderName(std::string_view text) {
  return AllOf(AbslView(text), [](unsigned char c) {
    return absl::ascii_isalnum(c) || absl::StrContains("!#$%&'*+-.^_`|~", std::string(1, c));
  });
}

bool IsHeaderValue(std::string_view text) {
  return AllOf(AbslView(text), [](unsigned char c) { return absl::ascii_isprint(c) || c >= 0x80; });
}

bool IsSectionName(std::string_view text) {
  return text.size() <= kLongestSectionName && AllOf(AbslView(text), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.';
         });
}

}  // namespace spyhop
