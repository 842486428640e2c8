#include "cli/daemon/http_access.h"

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "base/absl_view.h"

namespace spyhop {
namespace {

// "[::1]:7997" is "[::1]", "localhost:7997" is "localhost".
std::string_view WithoutPort(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, std::min(host.find(']'), host.size() - 1) + 1);
  return host.substr(0, host.find(':'));
}

// Whoever comes to a loopback address has written one of its names.
bool IsOurHost(std::string_view host, const HttpPolicy& policy) {
  const absl::string_view name = AbslView(WithoutPort(host));
  for (const std::string_view ours : {std::string_view("localhost"), std::string_view("127.0.0.1"),
                                      std::string_view("[::1]"), std::string_view(policy.host)}) {
    if (absl::EqualsIgnoreCase(name, AbslView(ours))) return true;
  }
  return false;
}

// A link that somebody follows is his own doing; what a page loads by itself is not.
bool IsFromOtherSite(const HttpRequest& request) {
  return (request.fetch_site == "cross-site" || request.fetch_site == "same-site") &&
         request.fetch_mode != "navigate";
}

std::string_view AfterScheme(std::string_view authorization, std::string_view scheme) {
  if (!absl::StartsWithIgnoreCase(AbslView(authorization), AbslView(scheme))) return "";
  authorization.remove_prefix(scheme.size());
  while (authorization.starts_with(' ')) authorization.remove_prefix(1);
  return authorization;
}

}  // namespace

bool IsSameToken(std::string_view given, std::string_view token) {
  if (given.size() != token.size() || token.empty()) return false;
  unsigned char difference = 0;
  for (size_t i = 0; i < token.size(); ++i) {
    difference = static_cast<unsigned char>(difference | (given[i] ^ token[i]));
  }
  // The compiler may not know that one differing byte is enough.
  asm volatile("" : "+r"(difference));
  return difference == 0;
}

std::optional<std::string> TokenOf(std::string_view authorization) {
  const std::string_view bearer = AfterScheme(authorization, "Bearer ");
  if (!bearer.empty()) return std::string(bearer);
  const std::string_view basic = AfterScheme(authorization, "Basic ");
  std::string pair;
  if (basic.empty() || !absl::Base64Unescape(AbslView(basic), &pair)) return std::nullopt;
  const size_t colon = pair.find(':');
  if (colon == pair.npos) return std::nullopt;
  return pair.substr(colon + 1);
}

std::optional<HttpReply> RefuseHttp(const HttpRequest& request, const HttpPolicy& policy) {
  if (request.method != "GET" && request.method != "HEAD") {
    HttpReply reply = TextReply(405, "only GET and HEAD");
    reply.headers.emplace_back("Allow", "GET, HEAD");
    return reply;
  }
  if (policy.is_loopback && !IsOurHost(request.host, policy)) {
    return TextReply(403, "the Host header names another host; ask for localhost or 127.0.0.1");
  }
  if (IsFromOtherSite(request)) return TextReply(403, "another site's page may not ask this");
  if (policy.token.empty()) return std::nullopt;
  if (IsSameToken(TokenOf(request.authorization).value_or(""), policy.token)) return std::nullopt;
  HttpReply reply = TextReply(
      401, "the token is needed: Authorization: Bearer TOKEN, or as the password of any user");
  reply.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"spyhop\"");
  reply.headers.emplace_back("WWW-Authenticate", "Basic realm=\"spyhop\", charset=\"UTF-8\"");
  return reply;
}

}  // namespace spyhop
