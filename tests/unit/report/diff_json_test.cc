#include "report/diff_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include "tests/unit/report/full_profile.h"
#include "tests/unit/report/json_parse.h"
#include "tests/unit/report/made_recording.h"

namespace spyhop {
namespace {

std::string Json(const ProfileDiff& diff, const ViewOptions& options = {}) {
  StringSink sink;
  WriteDiffJson(diff, options, sink);
  return sink.text();
}

TEST(DiffJson, IsByTheContract) {
  ProfileDiff diff;
  diff.options.fail_above = 10;
  diff.before = {.targets = {{1, {"a"}, "/py", "3.11.2", "release"}},
                 .start = absl::FromUnixSeconds(1'700'000'000),
                 .duration_s = 2,
                 .achieved_hz = 100,
                 .samples = 200,
                 .busy = 1,
                 .blocks = 25};
  diff.after = diff.before;
  diff.after.targets.clear();
  diff.pace = 0.75;
  diff.resolution = 0.125;
  DiffRow row{.file = "b.py", .function = "f", .line = 4, .file_before = "a.py", .line_before = 3};
  row.before = {.self_by_class = {0.5}, .self = 0.5, .total = 1, .samples = 100};
  row.after = {.self_by_class = {0.75}, .self = 0.75, .total = 1, .samples = 150};
  row.expected = 0.375;
  row.change = 0.375;
  row.growth = 1;
  row.growth_within = Interval{0.5, 1.5};
  row.tested = true;
  row.chance = 0.001;
  row.verdict = DiffVerdict::kSlower;
  diff.lines = {row};
  const std::string side =
      R"("start":"2023-11-14T22:13:20+00:00","duration_s":2.0,"achieved_hz":100.0,"samples":200,)"
      R"("busy":1.0,"blocks":25})";
  EXPECT_EQ(
      Json(diff),
      R"({"schema":"spyhop.diff/1","before":{"targets":[{"pid":1,"command":["a"],)"
      R"("executable":"/py","python":{"version":"3.11.2","flavour":"release"}}],)" +
          side + R"(,"after":{"targets":[],)" + side +
          R"(,"basis":{"alpha":0.01,"least_share":0.005,"least_growth":0.03,"idle":false,)"
          R"("pace":0.75,"common_factor":1.0,"phases_too_long":false,"resolution_percent":12.5},)"
          R"("changed_lines":{"slower":1,"faster":0},"changed_functions":{"slower":0,"faster":0},)"
          R"("fail_above_percent":10.0,"fails":true,)"
          R"("lines":[{"file":"b.py","line":4,"function":"f","file_before":"a.py","line_before":3,)"
          R"("verdict":"slower","change":0.375,"growth_percent":100.0,"growth_low_percent":50.0,)"
          R"("growth_high_percent":150.0,"chance":0.001,"expected":0.375,)"
          R"("before":{"self":0.5,"total":1.0,"python":0.5,"native":0.0,"kernel":0.0,"wait":0.0,)"
          R"("gil":0.0,"runq":0.0,"idle":0.0,"samples":100},)"
          R"("after":{"self":0.75,"total":1.0,"python":0.75,"native":0.0,"kernel":0.0,"wait":0.0,)"
          R"("gil":0.0,"runq":0.0,"idle":0.0,"samples":150}}],"functions":[]})"
          "\n");
}

TEST(DiffJson, HoldsAllRowsInTheOrderOfTheTable) {
  const rapidjson::Document document =
      ParseJson(Json(DiffProfiles(Record(BusyLoop(), 1, {.seconds = 60}),
                                  Record(Slower(BusyLoop(), 0, 1.3), 2, {.seconds = 60}))));
  ASSERT_EQ(document["lines"].Size(), 6u);
  EXPECT_EQ(document["lines"][0]["line"].GetInt(), 10);
  EXPECT_STREQ(document["lines"][0]["verdict"].GetString(), "slower");
  EXPECT_STREQ(document["lines"][1]["verdict"].GetString(), "same");
  EXPECT_EQ(document["changed_lines"]["slower"].GetInt(), 1);
  EXPECT_EQ(document["functions"].Size(), 3u);
  EXPECT_FALSE(document.HasMember("fails"));
}

TEST(DiffJson, LeavesOutWhatIsNotKnown) {
  const rapidjson::Document document = ParseJson(Json(DiffProfiles(Profile(), FullProfile())));
  EXPECT_FALSE(document["basis"].HasMember("resolution_percent"));
  for (const auto& line : document["lines"].GetArray()) {
    EXPECT_FALSE(line.HasMember("growth_percent"));
  }
}

TEST(DiffJson, HeedsTheFilter) {
  const ViewOptions options{.filter = *Filter::Create({.function = "^recv$"})};
  const rapidjson::Document document =
      ParseJson(Json(DiffProfiles(FullProfile(), FullProfile()), options));
  ASSERT_EQ(document["lines"].Size(), 1u);
  EXPECT_STREQ(document["lines"][0]["function"].GetString(), "recv");
}

TEST(DiffJson, IsPlainAsciiWhateverTheNames) {
  const std::string text = Json(DiffProfiles(FullProfile(), HostileProfile()));
  for (const char c : text) ASSERT_TRUE((c >= ' ' && c <= '~') || c == '\n');
  EXPECT_GT(ParseJson(text)["lines"].Size(), 4u);
}

}  // namespace
}  // namespace spyhop
