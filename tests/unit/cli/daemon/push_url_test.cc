#include "cli/daemon/push_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spyhop {
namespace {

using testing::HasSubstr;

constexpr absl::Time At(int64_t milliseconds) { return absl::FromUnixMillis(milliseconds); }

TEST(HttpUrl, HasTheSchemesPortUnlessItSaysAnother) {
  EXPECT_EQ(ParseHttpUrl("http://store")->port, "80");
  EXPECT_EQ(ParseHttpUrl("https://store/x?y")->port, "443");
  const HttpUrl url = *ParseHttpUrl("http://10.0.0.5:4040/a/b?c=d");
  EXPECT_EQ(url.host, "10.0.0.5");
  EXPECT_EQ(url.port, "4040");
  EXPECT_EQ(url.target, "/a/b?c=d");
  EXPECT_EQ(url.Authority(), "10.0.0.5:4040");
  EXPECT_EQ(ParseHttpUrl("http://store:80/")->Authority(), "store");
}

TEST(HttpUrl, TakesVersion6InBrackets) {
  const HttpUrl url = *ParseHttpUrl("http://[::1]:4040");
  EXPECT_EQ(url.host, "::1");
  EXPECT_EQ(url.Authority(), "[::1]:4040");
  EXPECT_EQ(url.target, "/");
  EXPECT_EQ(ParseHttpUrl("http://[fe80::1]?x")->target, "/?x");
}

TEST(HttpUrl, RefusesAllElse) {
  for (const char* url : {"", "store", "ftp://store", "http://", "http:///x", "http://:80",
                          "http://store:", "http://s:0", "http://s:65536", "http://s:8o",
                          "http://[::1", "http://[::1]80", "http://s/a b", "http://s/\r\nX: y",
                          "http://s/#x", "http://user:secret@s/"}) {
    EXPECT_EQ(ParseHttpUrl(url).status().code(), absl::StatusCode::kInvalidArgument) << url;
  }
}

TEST(PercentEncode, KeepsOnlyWhatIsUnreserved) {
  EXPECT_EQ(PercentEncode("a-Z.0_~"), "a-Z.0_~");
  EXPECT_EQ(PercentEncode("{k=v, \xff}"), "%7Bk%3Dv%2C%20%FF%7D");
}

TEST(PyroscopeUrl, NamesServiceLabelsSpanAndRate) {
  EXPECT_EQ(
      PyroscopeUrl("http://store:4040/", {{"env", "prod"}, {"service", "shop"}, {"zone", "a"}},
                   At(10'900), At(20'001), 19.6),
      "http://store:4040/ingest?name=shop%7Benv%3Dprod%2Czone%3Da%7D&from=10&until=21"
      "&sampleRate=20&spyName=spyhop&format=pprof");
}

TEST(PyroscopeUrl, MakesNamesAndValuesSuchAsItTakes) {
  const std::string url = PyroscopeUrl(
      "http://s", {{"service", "a{b}=c,d\n"}, {"x", "1,y=2}{\n&name=z"}}, At(0), At(0), 0.2);
  EXPECT_THAT(url, HasSubstr("name=a_b__c_d_%7Bx%3D1_y%3D2_%7B_%26name%3Dz%7D&from=0&until=1&"));
  EXPECT_THAT(url, HasSubstr("sampleRate=1&"));
}

TEST(PyroscopeUrl, AlwaysHasAService) {
  EXPECT_THAT(PyroscopeUrl("http://s", {}, At(0), At(1), 1), HasSubstr("?name=unknown%7B%7D&"));
}

TEST(OtlpUrl, KeepsThePathBefore) {
  EXPECT_EQ(OtlpUrl("http://s/otlp//"), "http://s/otlp/v1development/profiles");
}

}  // namespace
}  // namespace spyhop
