#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/daemon/http_access.h"
#include "cli/daemon/http_message.h"

namespace spyhop {
namespace {

HttpRequest Parse(const std::string& bytes) {
  const auto request = ParseHttpRequest(bytes);
  EXPECT_TRUE(request.ok()) << request.status();
  return request.value_or(HttpRequest());
}

TEST(HttpMessage, ReadsTargetAndHeaders) {
  const HttpRequest request =
      Parse("GET /debug%2Fx/y?pid=12&a=b%20c+d&flag&=e&pid=13 HTTP/1.1\r\nHost: h:1\r\n"
            "AUTHORIZATION: Bearer t\r\nSec-Fetch-Site: none\r\n\r\n");
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/debug/x/y");
  EXPECT_EQ(request.query.at("pid"), "13");
  EXPECT_EQ(request.query.at("a"), "b c d");
  EXPECT_EQ(request.query.at("flag"), "");
  EXPECT_EQ(request.host, "h:1");
  EXPECT_EQ(request.authorization, "Bearer t");
  EXPECT_EQ(request.fetch_site, "none");
}

TEST(HttpMessage, RefusesWhatIsNoRequest) {
  for (const std::string bytes :
       {"\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\x16\x03\x01\x02\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n", "{\"v\":1,\"op\":\"status\"}\n\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseHttpRequest(bytes).status())) << bytes;
  }
}

TEST(HttpMessage, AReplyHasItsLengthAndNoBodyForHead) {
  const HttpReply reply = TextReply(404, "nothing");
  EXPECT_THAT(FormatHttpReply(reply, true),
              testing::AllOf(testing::StartsWith("HTTP/1.1 404 Not Found\r\n"),
                             testing::HasSubstr("Content-Length: 8\r\n"),
                             testing::EndsWith("\r\n\r\nnothing\n")));
  EXPECT_THAT(FormatHttpReply(reply, false), testing::AllOf(testing::HasSubstr("Content-Length: 8"),
                                                            testing::EndsWith("\r\n\r\n")));
}

TEST(HttpAccess, TheTokenHasToBeTheSame) {
  EXPECT_TRUE(IsSameToken("secret", "secret"));
  for (const char* given : {"", "secre", "secrets", "Secret", "secreT"}) {
    EXPECT_FALSE(IsSameToken(given, "secret")) << given;
  }
  EXPECT_FALSE(IsSameToken("", ""));
}

TEST(HttpAccess, TheTokenComesAsBearerOrAsPassword) {
  EXPECT_EQ(TokenOf("Bearer abc"), "abc");
  EXPECT_EQ(TokenOf("bearer  abc"), "abc");
  EXPECT_EQ(TokenOf("Basic YW55OmE6Yg=="), "a:b");  // any:a:b
  EXPECT_EQ(TokenOf("Basic !"), std::nullopt);
  EXPECT_EQ(TokenOf("Basic YW55"), std::nullopt);
  EXPECT_EQ(TokenOf("Digest x"), std::nullopt);
  EXPECT_EQ(TokenOf(""), std::nullopt);
}

int Refused(const HttpRequest& request, const HttpPolicy& policy) {
  const auto refusal = RefuseHttp(request, policy);
  return refusal ? refusal->status : 0;
}

HttpRequest Get(const std::string& host, const std::string& authorization = "") {
  HttpRequest request;
  request.method = "GET";
  request.host = host;
  request.authorization = authorization;
  return request;
}

TEST(HttpAccess, OnLoopbackOnlyItsNamesAreAnswered) {
  const HttpPolicy policy{.token = "", .is_loopback = true, .host = "127.0.0.2"};
  for (const char* host : {"localhost", "LOCALHOST:7997", "127.0.0.1:1", "[::1]:7997", "127.0.0.2"}) {
    EXPECT_EQ(Refused(Get(host), policy), 0) << host;
  }
  for (const char* host : {"", "evil.example:7997", "localhost.evil.example", "127.0.0.1.evil", "["}) {
    EXPECT_EQ(Refused(Get(host), policy), 403) << host;
  }
}

TEST(HttpAccess, OtherSitesPagesAreNotAnswered) {
  const HttpPolicy policy{.token = "", .is_loopback = true, .host = "127.0.0.1"};
  HttpRequest request = Get("localhost");
  request.fetch_site = "cross-site";
  request.fetch_mode = "no-cors";
  EXPECT_EQ(Refused(request, policy), 403);
  request.fetch_mode = "navigate";
  EXPECT_EQ(Refused(request, policy), 0);
  request.fetch_site = "same-origin";
  request.fetch_mode = "cors";
  EXPECT_EQ(Refused(request, policy), 0);
}

TEST(HttpAccess, OnlyGetAndHeadWithTheToken) {
  const HttpPolicy policy{.token = "0123456789abcdef", .is_loopback = false, .host = "0.0.0.0"};
  EXPECT_EQ(Refused(Get("spyhop.example"), policy), 401);
  EXPECT_EQ(Refused(Get("spyhop.example", "Bearer 0123456789abcdeF"), policy), 401);
  EXPECT_EQ(Refused(Get("spyhop.example", "Bearer 0123456789abcdef"), policy), 0);
  HttpRequest post = Get("spyhop.example", "Bearer 0123456789abcdef");
  post.method = "POST";
  EXPECT_EQ(Refused(post, policy), 405);
  EXPECT_THAT(FormatHttpReply(*RefuseHttp(Get("x"), policy), true),
              testing::HasSubstr("WWW-Authenticate: Bearer"));
}

}  // namespace
}  // namespace spyhop
