#include "report/json_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include "absl/strings/str_cat.h"
#include "tests/unit/report/full_profile.h"
#include "tests/unit/report/json_parse.h"

namespace spyhop {
namespace {

std::string Json(const Profile& profile, const ViewOptions& options = {}) {
  StringSink sink;
  WriteJsonProfile(profile, options, sink);
  return sink.text();
}

TEST(JsonProfile, IsByTheContract) {
  Profile profile;
  profile.AddTarget({1, {"python3", "</script>\x1b"}, "/usr/bin/python3", "3.11.7", "release"});
  const ThreadIndex thread = profile.AddThread({.tid = 2, .name = "m\xff"});
  const FrameId frame = AddFrame(profile, "a.py", 3, "C.f");
  profile.Add(
      MakeSample(profile, thread, {frame}, TimeClass::kWait, 10 * kMillisecond, "read pipe"));
  profile.figures().rate_hz = 100;
  profile.figures().pause_mode = "auto";
  profile.figures().rounds = 1;
  profile.set_start(absl::FromUnixSeconds(1'700'000'000));
  profile.set_duration(10 * kMillisecond);
  const std::string times =
      R"("python_s":0.0,"native_s":0.0,"kernel_s":0.0,"wait_s":0.01,"gil_s":0.0,"runq_s":0.0,)"
      R"("idle_s":0.0)";
  EXPECT_EQ(
      Json(profile, {.stacks = true}),
      R"({"schema":"spyhop.profile/1","targets":[{"pid":1,"command":["python3","</script>\u001B"],)"
      R"("executable":"/usr/bin/python3","python":{"version":"3.11.7","flavour":"release"}}],)"
      R"("start":"2023-11-14T22:13:20+00:00","duration_s":0.01,)"
      R"("sampling":{"rate_hz":100.0,"achieved_hz":100.0,"pause":"auto","rounds":1,"samples":1,)"
      R"("late_rounds":0,"truncated":{},"lost":{},"stops":{"count":0,"median_us":0.0,"p99_us":0.0,)"
      R"("max_us":0.0,"total_s":0.0,"share":0.0},"own_cpu_s":0.0,"own_peak_rss_bytes":0},)"
      R"("threads":[{"pid":1,"tid":2,"name":"m\uFFFD","python":true,)"
      R"("observed_s":0.01,"cpu_s":0.0,)" +
          times +
          R"(}],"lines":[{"pid":1,"tid":2,"file":"a.py","line":3,"function":"C.f","self":{)" +
          times + R"(,"cpu_s":0.0,"samples":1},"total":{)" + times +
          R"(,"cpu_s":0.0,"samples":1},"waits":[{"reason":"read pipe","s":0.01}]}],)"
          R"("stacks":[{"pid":1,"tid":2,"frames":[{"file":"a.py","line":3,"function":"C.f",)"
          R"("kind":"python"}],"class":"wait","wait_reason":"read pipe","s":0.01,"samples":1}]})"
          "\n");
}

TEST(JsonProfile, IsValidWhateverTheNames) {
  const rapidjson::Document document = ParseJson(Json(HostileProfile(), {.stacks = true}));
  EXPECT_EQ(document["lines"].Size(), 5u);
  EXPECT_EQ(document["stacks"].Size(), 5u);
  EXPECT_EQ(document["sampling"]["truncated"]["too-deep"].GetInt(), 2);
  bool has_nul = false;
  for (const auto& line : document["lines"].GetArray()) {
    const auto& function = line["function"];
    has_nul |= std::string_view(function.GetString(), function.GetStringLength()) ==
               std::string_view("nul\0name", 8);
  }
  EXPECT_TRUE(has_nul);
}

TEST(JsonProfile, IsPlainAsciiWhateverTheNames) {
  Profile profile = HostileProfile();
  profile.AddTarget({.pid = 43, .command = {"\u009B31m", "\u202Ecod.exe", "\xff", "\U0001F40D"}});
  const std::string text = Json(profile, {.stacks = true});
  EXPECT_THAT(text, testing::HasSubstr(R"("\u009B31m","\u202Ecod.exe","\uFFFD","\uD83D\uDC0D")"));
  for (const char c : text) ASSERT_TRUE((c >= ' ' && c <= '~') || c == '\n');
  const rapidjson::Document document = ParseJson(text);
  EXPECT_STREQ(document["targets"][1]["command"][3].GetString(), "\U0001F40D");
}

TEST(JsonProfile, HoldsIdleTimeAndThreadsWhateverTheView) {
  EXPECT_EQ(Json(HostileProfile(), {.limit = 1}),
            Json(HostileProfile(), {.per_thread = true, .idle = true, .limit = 0}));
  const rapidjson::Document document = ParseJson(Json(HostileProfile()));
  EXPECT_DOUBLE_EQ(document["threads"][1]["idle_s"].GetDouble(), 0.05);
}

TEST(JsonProfile, HasGilHoldersAndIdleReasonsAmongTheWaits) {
  const rapidjson::Document document = ParseJson(Json(FullProfile()));
  std::vector<std::string> waits;
  for (const auto& line : document["lines"].GetArray()) {
    for (const auto& wait : line["waits"].GetArray()) {
      waits.push_back(absl::StrCat(line["line"].GetInt(), " ", wait["reason"].GetString(), " ",
                                   wait["s"].GetDouble()));
    }
  }
  EXPECT_THAT(waits, testing::ElementsAre("10 held by Thread-2 at worker.py:33 0.03",
                                          "12 recv socket 10.0.0.5:5432 0.02",
                                          "7 recv socket 10.0.0.5:5432 0.05", "5 epoll_wait 0.05",
                                          "7 recv socket 10.0.0.5:5432 0.01",
                                          "33 futex threading.Lock 0.02"));
}

TEST(JsonProfile, HasARowForAThreadWithoutAPythonState) {
  const rapidjson::Document document = ParseJson(Json(FullProfile()));
  const auto& blas = document["threads"][2];
  EXPECT_STREQ(blas["name"].GetString(), "blas");
  EXPECT_FALSE(blas["python"].GetBool());
  EXPECT_DOUBLE_EQ(blas["native_s"].GetDouble(), 0.04);
  EXPECT_DOUBLE_EQ(blas["cpu_s"].GetDouble(), 0.04);
  for (const auto& line : document["lines"].GetArray()) EXPECT_NE(line["tid"].GetInt(), 44);
}

TEST(JsonProfile, HasStacksOnlyWhenAsked) {
  EXPECT_FALSE(ParseJson(Json(HostileProfile())).HasMember("stacks"));
}

TEST(JsonProfile, IsTheSameForTheSameProfile) {
  EXPECT_EQ(Json(HostileProfile(), {.stacks = true}), Json(HostileProfile(), {.stacks = true}));
}

TEST(JsonProfile, IsWrittenForAProfileWithoutAnything) {
  const rapidjson::Document document = ParseJson(Json(Profile()));
  EXPECT_EQ(document["sampling"]["achieved_hz"].GetDouble(), 0);
  EXPECT_TRUE(document["lines"].GetArray().Empty());
}

}  // namespace
}  // namespace spyhop
