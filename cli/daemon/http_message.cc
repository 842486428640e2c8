#include "cli/daemon/http_message.h"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/absl_view.h"

namespace spyhop {
namespace {

namespace http = boost::beast::http;

std::optional<int> HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// %41 is A; what is no such pair stays.
std::string Decode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    const std::optional<int> high = i + 2 < text.size() ? HexDigit(text[i + 1]) : std::nullopt;
    const std::optional<int> low = i + 2 < text.size() ? HexDigit(text[i + 2]) : std::nullopt;
    if (text[i] == '%' && high && low) {
      decoded.push_back(static_cast<char>(*high << 4 | *low));
      i += 2;
    } else {
      decoded.push_back(plus_is_space && text[i] == '+' ? ' ' : text[i]);
    }
  }
  return decoded;
}

void SplitTarget(std::string_view target, HttpRequest& request) {
  const size_t question = std::min(target.find('?'), target.size());
  request.path = Decode(target.substr(0, question), false);
  if (question == target.size()) return;
  const std::string_view query = target.substr(question + 1);
  for (const absl::string_view part : absl::StrSplit(AbslView(query), '&', absl::SkipEmpty())) {
    const std::string_view pair(part.data(), part.size());
    const size_t equals = std::min(pair.find('='), pair.size());
    request.query[Decode(pair.substr(0, equals), true)] =
        equals == pair.size() ? "" : Decode(pair.substr(equals + 1), true);
  }
}

template <typename View>
std::string Text(const View& view) {
  return std::string(view.data(), view.size());
}

}  // namespace

absl::StatusOr<HttpRequest> ParseHttpRequest(std::string_view bytes) {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(kMostHttpRequest);
  boost::system::error_code error;
  parser.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
  if (!parser.is_header_done()) {
    return absl::InvalidArgumentError(
        absl::StrCat("this is no HTTP request: ", error ? error.message() : "it has no end"));
  }
  const auto& message = parser.get();
  if (parser.chunked() || parser.content_length_remaining().value_or(0) > 0) {
    return absl::InvalidArgumentError("requests have no body here");
  }
  HttpRequest request;
  request.method = Text(message.method_string());
  request.host = Text(message[http::field::host]);
  request.authorization = Text(message[http::field::authorization]);
  request.fetch_site = Text(message["Sec-Fetch-Site"]);
  request.fetch_mode = Text(message["Sec-Fetch-Mode"]);
  SplitTarget(Text(message.target()), request);
  return request;
}

HttpReply TextReply(int status, std::string_view text) {
  HttpReply reply;
  reply.status = status;
  reply.body = absl::StrCat(AbslView(text), "\n");
  return reply;
}

std::string FormatHttpReply(const HttpReply& reply, bool with_body) {
  const auto reason = http::obsolete_reason(http::int_to_status(static_cast<unsigned>(reply.status)));
  std::string text = absl::StrCat(
      "HTTP/1.1 ", reply.status, " ", Text(reason), "\r\nServer: spyhop\r\nConnection: close\r\n",
      "Content-Type: ", reply.type, "\r\nContent-Length: ", reply.body.size(),
      "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
      "X-Frame-Options: DENY\r\nReferrer-Policy: no-referrer\r\n"
      "Cross-Origin-Resource-Policy: same-origin\r\n");
  for (const auto& [name, value] : reply.headers) absl::StrAppend(&text, name, ": ", value, "\r\n");
  text += "\r\n";
  if (with_body) text += reply.body;
  return text;
}

}  // namespace spyhop
