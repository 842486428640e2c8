#include "report/speedscope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/numbers.h"
#include "report/viewer_names.h"
#include "tests/unit/report/full_profile.h"
#include "tests/unit/report/json_parse.h"
#include "tests/unit/report/timeline_profile.h"

namespace spyhop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

rapidjson::Document Speedscope(const Profile& profile, const ViewOptions& options = {}) {
  return WriteAndParse(WriteSpeedscope, profile, options);
}

std::string SampleText(const rapidjson::Document& document, const rapidjson::Value& sample) {
  std::string text;
  for (const auto& frame : sample.GetArray()) {
    const std::string name = Text(document["shared"]["frames"][frame.GetUint()]["name"]);
    absl::StrAppend(&text, text.empty() ? "" : ";", name);
  }
  return text;
}

// "worker (tid 43)"
int TidOf(const rapidjson::Value& thread) {
  const std::string name = Text(thread["name"]);
  int tid = 0;
  EXPECT_TRUE(absl::SimpleAtoi(name.substr(name.rfind(' ') + 1, 2), &tid)) << name;
  return tid;
}

StackTimes TimesIn(const rapidjson::Document& document) {
  StackTimes sums;
  for (const auto& thread : document["profiles"].GetArray()) {
    EXPECT_EQ(thread["samples"].Size(), thread["weights"].Size());
    EXPECT_EQ(Text(thread["unit"]), "nanoseconds");
    Nanos whole = 0;
    for (rapidjson::SizeType i = 0; i < thread["samples"].Size(); ++i) {
      const Nanos weight = thread["weights"][i].GetInt64();
      sums[{TidOf(thread), SampleText(document, thread["samples"][i])}] += weight;
      whole += weight;
    }
    EXPECT_EQ(thread["startValue"].GetInt64(), 0);
    EXPECT_EQ(thread["endValue"].GetInt64(), whole);
  }
  return sums;
}

std::vector<std::string> Samples(const rapidjson::Document& document, rapidjson::SizeType thread) {
  std::vector<std::string> texts;
  for (const auto& sample : document["profiles"][thread]["samples"].GetArray()) {
    texts.push_back(SampleText(document, sample));
  }
  return texts;
}

TEST(Speedscope, WeighsStacksAsTheProfileDoes) {
  for (const bool idle : {false, true}) {
    const Profile profile = TimelineProfile();
    EXPECT_EQ(TimesIn(Speedscope(profile, {.idle = idle})), BucketTimes(profile, idle));
  }
}

TEST(Speedscope, WeighsStacksOfAProfileWithoutTimeline) {
  const Profile profile = FullProfile();
  StackTimes expected = BucketTimes(profile, false);
  expected[{44, "(no stack)"}] = expected[{44, ""}];
  expected.erase({44, ""});
  EXPECT_EQ(TimesIn(Speedscope(profile)), expected);
}

TEST(Speedscope, IsInOrderOfTimeWithEqualNeighboursMerged) {
  Profile profile;
  TimelineBuilder timeline(profile);
  profile.AddTarget({.pid = 1});
  const ThreadIndex thread = profile.AddThread({.tid = 10, .name = "t"});
  const FrameId f = AddFrame(profile, "a.py", 1, "f");
  const FrameId g = AddFrame(profile, "a.py", 2, "g");
  timeline.Add(thread, {f}, TimeClass::kPython, 10);
  timeline.Add(thread, {f}, TimeClass::kKernel, 10);
  timeline.Add(thread, {f, g}, TimeClass::kPython, 10);
  timeline.Add(thread, {f}, TimeClass::kPython, 10);
  const rapidjson::Document document = Speedscope(profile);
  EXPECT_THAT(Samples(document, 0), ElementsAre("f", "f;g", "f"));
  EXPECT_EQ(document["profiles"][0]["weights"][0].GetInt(), 20);
}

TEST(Speedscope, FramesHaveFileAndLineWhereTheyHaveAny) {
  const rapidjson::Document document = Speedscope(TimelineProfile());
  std::vector<std::string> frames;
  for (const auto& frame : document["shared"]["frames"].GetArray()) {
    frames.push_back(absl::StrCat(Text(frame["name"]), "|",
                                  frame.HasMember("file") ? Text(frame["file"]) : "-", "|",
                                  frame.HasMember("line") ? frame["line"].GetInt() : 0));
  }
  EXPECT_THAT(frames,
              ElementsAre("<module>|/srv/app.py|1", "work|/srv/app.py|10",
                          "deflate|/lib/libz.so.1|0", "query|/srv/db.py|7", "save|/srv/app.py|30",
                          "write|[kernel]|0", "loop|/srv/loop.py|5"));
}

TEST(Speedscope, NamesAreHarmless) {
  const rapidjson::Document document = Speedscope(HostileProfile(), {.idle = true});
  EXPECT_THAT(Samples(document, 0),
              testing::UnorderedElementsAre("<module>;f;g\\x1b[2J", "<module>;nul\\x00name",
                                            "<module>;🐍\\u202eevil"));
  EXPECT_EQ(Text(document["profiles"][0]["name"]), "Main;Thread\\n (tid 42)");
  EXPECT_EQ(Text(document["profiles"][1]["name"]), "工人\uFFFD (tid 43)");
  EXPECT_EQ(Text(document["name"]), "python3 a\\x1b[31m.py </script>");
}

TEST(Speedscope, CutsNamesThatNobodyReads) {
  Profile profile;
  profile.AddTarget({.pid = 1});
  const std::string long_name(size_t{1} << 20, '\x01');
  const ThreadIndex thread = profile.AddThread({.tid = 10, .name = long_name});
  const FrameId frame = AddFrame(profile, long_name, 1, long_name);
  profile.Add(MakeSample(profile, thread, {frame}, TimeClass::kPython, 1));
  StringSink sink;
  WriteSpeedscope(profile, {}, sink);
  EXPECT_LT(sink.text().size(), 20 * kLongestViewerName);
  EXPECT_THAT(sink.text(), HasSubstr("\\x01...\""));
}

TEST(Speedscope, TellsProcessesApart) {
  Profile merged = TimelineProfile();
  Profile other;
  other.AddTarget({.pid = 7});
  const ThreadIndex thread = other.AddThread({.tid = 8, .name = "main"});
  const FrameId frame = AddFrame(other, "a.py", 1, "f");
  other.Add(MakeSample(other, thread, {frame}, TimeClass::kPython, 5));
  merged.Merge(other);
  const rapidjson::Document document = Speedscope(merged);
  EXPECT_EQ(Text(document["name"]), "2 processes");
  ASSERT_EQ(document["profiles"].Size(), 3u);
  EXPECT_EQ(Text(document["profiles"][0]["name"]), "pid 42: main (tid 42)");
  EXPECT_EQ(Text(document["profiles"][2]["name"]), "pid 7: main (tid 8)");
}

TEST(Speedscope, HasOnlyThreadsAndStacksThatAreKept) {
  const ViewOptions options{.filter = *Filter::Create({.thread = "main", .function = "query"})};
  const rapidjson::Document document = Speedscope(TimelineProfile(), options);
  ASSERT_EQ(document["profiles"].Size(), 1u);
  EXPECT_THAT(Samples(document, 0), ElementsAre("<module>;work;query"));
  EXPECT_EQ(document["shared"]["frames"].Size(), 3u);
}

}  // namespace
}  // namespace spyhop
