#include "report/chrome_trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "report/viewer_names.h"
#include "tests/unit/report/full_profile.h"
#include "tests/unit/report/json_parse.h"
#include "tests/unit/report/timeline_profile.h"

namespace spyhop {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::UnorderedElementsAre;

rapidjson::Document Trace(const Profile& profile, const ViewOptions& options = {}) {
  return WriteAndParse(WriteChromeTrace, profile, options);
}

// Plays the events: what is open at each moment, and that they are balanced and in order of time.
class Player {
 public:
  void Play(const rapidjson::Document& document) {
    for (const auto& event : document["traceEvents"].GetArray()) {
      const std::string phase = Text(event["ph"]);
      if (phase == "M") {
        names_.insert({event["tid"].GetInt(), Text(event["args"]["name"])});
      } else {
        PlaySlice(phase, event);
      }
    }
    for (const auto& [tid, track] : tracks_) EXPECT_TRUE(track.open.empty()) << tid;
  }

  // By the functions that are open: "<module>;work".
  const StackTimes& stack_times() const { return stack_times_; }
  // By the state of the thread, e.g. "wait".
  const std::map<std::pair<int, std::string>, Nanos>& state_times() const { return state_times_; }
  const std::multimap<int, std::string>& names() const { return names_; }
  const std::vector<std::string>& begun() const { return begun_; }

 private:
  struct Slice {
    std::string name;
    std::string state;  // empty: a frame's
  };
  struct Track {
    Nanos now = 0;
    std::vector<Slice> open;
  };

  void PlaySlice(const std::string& phase, const rapidjson::Value& event) {
    const int tid = event["tid"].GetInt();
    Track& track = tracks_[tid];
    const Nanos now = std::llround(event["ts"].GetDouble() * kMicrosecond);
    EXPECT_GE(now, track.now);
    Pass(tid, track, now - track.now);
    track.now = now;
    const std::string name = Text(event["name"]);
    if (phase == "B") {
      begun_.push_back(name);
      track.open.push_back({name, event.HasMember("args") ? Text(event["args"]["class"]) : ""});
      return;
    }
    EXPECT_EQ(phase, "E");
    ASSERT_FALSE(track.open.empty());
    EXPECT_EQ(track.open.back().name, name);
    track.open.pop_back();
  }

  void Pass(int tid, const Track& track, Nanos time) {
    if (time == 0 || track.open.empty()) return;
    std::string stack;
    for (const Slice& slice : track.open) {
      if (!slice.state.empty()) continue;
      absl::StrAppend(&stack, stack.empty() ? "" : ";",
                      slice.name.substr(0, slice.name.find(" (/")));
    }
    stack_times_[{tid, stack}] += time;
    if (!track.open.back().state.empty()) state_times_[{tid, track.open.back().state}] += time;
  }

  std::map<int, Track> tracks_;
  StackTimes stack_times_;
  std::map<std::pair<int, std::string>, Nanos> state_times_;
  std::multimap<int, std::string> names_;
  std::vector<std::string> begun_;
};

Player Played(const Profile& profile, const ViewOptions& options = {}) {
  Player player;
  player.Play(Trace(profile, options));
  return player;
}

TEST(ChromeTrace, SlicesLastAsLongAsTheProfileSays) {
  for (const bool idle : {false, true}) {
    const Profile profile = TimelineProfile();
    StackTimes expected = BucketTimes(profile, idle);
    const auto write = expected.extract({42, "<module>;save;write"});
    expected[{42, "<module>;save;write ([kernel])"}] = write.mapped();
    EXPECT_EQ(Played(profile, {.idle = idle}).stack_times(), expected);
  }
}

TEST(ChromeTrace, SlicesOfAProfileWithoutTimelineLastAsLong) {
  const Profile profile = FullProfile();
  StackTimes expected = BucketTimes(profile, false);
  expected[{44, "(no stack)"}] = expected[{44, ""}];
  expected.erase({44, ""});
  EXPECT_EQ(Played(profile).stack_times(), expected);
}

TEST(ChromeTrace, StatesAreSlicesOfTheirOwn) {
  const Profile profile = TimelineProfile();
  const Player player = Played(profile, {.idle = true});
  Nanos waited = 0;
  Nanos queued = 0;
  for (const auto& [place, times] : profile.buckets()) {
    waited += times[TimeClass::kWait];
    queued += times[TimeClass::kRunQueue];
  }
  EXPECT_EQ(player.state_times().at({42, "wait"}), waited);
  EXPECT_EQ(player.state_times().at({42, "runq"}), queued);
  EXPECT_EQ(player.state_times().at({43, "idle"}), 150 * kMillisecond);
  EXPECT_EQ(player.state_times().count({42, "python"}), 0u);
  EXPECT_EQ(player.state_times().count({42, "native"}), 0u);
}

class ChromeTraceTest : public testing::Test {
 protected:
  ChromeTraceTest() {
    profile_.AddTarget({.pid = 1, .command = {"python3", "a.py"}});
    profile_.set_duration(kSecond);
  }

  Profile profile_;
  TimelineBuilder timeline_{profile_};
  const ThreadIndex thread_ = profile_.AddThread({.tid = 10, .name = "t"});
  const FrameId f_ = AddFrame(profile_, "a.py", 1, "f");
  const FrameId g_ = AddFrame(profile_, "a.py", 2, "g");
  const FrameId h_ = AddFrame(profile_, "a.py", 3, "h");
};

TEST_F(ChromeTraceTest, SamplesThatShareCallersAreOneSlice) {
  timeline_.Add(thread_, {f_, g_}, TimeClass::kPython, 10);
  timeline_.Add(thread_, {f_, g_, h_}, TimeClass::kPython, 10);
  timeline_.Add(thread_, {f_, g_}, TimeClass::kPython, 10);
  timeline_.Add(thread_, {f_, h_}, TimeClass::kPython, 10);
  EXPECT_THAT(Played(profile_).begun(),
              ElementsAre("f (a.py:1)", "g (a.py:2)", "h (a.py:3)", "h (a.py:3)"));
}

TEST_F(ChromeTraceTest, APauseEndsTheSlices) {
  timeline_.Add(thread_, {f_}, TimeClass::kPython, 10);
  timeline_.Pause(thread_, 5);
  timeline_.Add(thread_, {f_}, TimeClass::kPython, 10);
  EXPECT_THAT(Played(profile_).begun(), ElementsAre("f (a.py:1)", "f (a.py:1)"));
}

TEST_F(ChromeTraceTest, AStateSaysItsReason) {
  timeline_.Add(thread_, {f_}, TimeClass::kPython, 10);
  timeline_.Add(thread_, {f_}, TimeClass::kWait, 1500, "read pipe");
  const rapidjson::Document document = Trace(profile_);
  const auto& events = document["traceEvents"];
  ASSERT_EQ(events.Size(), 6u);
  const auto& wait = events[3];
  EXPECT_EQ(Text(wait["name"]), "wait: read pipe");
  EXPECT_EQ(Text(wait["cat"]), "wait");
  EXPECT_EQ(Text(wait["args"]["class"]), "wait");
  EXPECT_EQ(Text(wait["args"]["wait_reason"]), "read pipe");
  EXPECT_EQ(wait["ts"].GetDouble(), 0.01);
  EXPECT_EQ(events[4]["ts"].GetDouble(), 1.51);
  EXPECT_EQ(Text(events[4]["ph"]), "E");
  EXPECT_EQ(Text(events[4]["args"]["class"]), "wait");
}

// Met with speedscope, whose totals of recursive functions were wrong.
TEST(ChromeTrace, EndsAreEarlierThanBeginningsOfTheSameName) {
  Profile profile;
  profile.AddTarget({.pid = 1});
  const ThreadIndex thread = profile.AddThread({.tid = 1, .name = "t"});
  const FrameId f = AddFrame(profile, "x.py", 1, "f");
  const FrameId g = AddFrame(profile, "x.py", 2, "g");
  for (const std::vector<FrameId>& frames :
       std::vector<std::vector<FrameId>>{{f, f, g, f}, {f, g, f}}) {
    profile.Add(MakeSample(profile, thread, frames, TimeClass::kPython, kMillisecond));
  }
  std::map<std::string, double> ends;
  int again = 0;
  const rapidjson::Document document = Trace(profile);
  for (const auto& event : document["traceEvents"].GetArray()) {
    const double instant = event["ts"].GetDouble();
    if (Text(event["ph"]) == "E") ends[Text(event["name"])] = instant;
    if (Text(event["ph"]) != "B" || ends.count(Text(event["name"])) == 0) continue;
    EXPECT_GT(instant, ends[Text(event["name"])]);
    EXPECT_NEAR(instant, 1000, 0.0005) << "not by as much as a nanosecond";
    ++again;
  }
  EXPECT_EQ(again, 2);
}

TEST(ChromeTrace, NamesProcessesAndThreads) {
  Profile merged = TimelineProfile();
  Profile other;
  other.AddTarget({.pid = 7, .command = {"celery"}});
  const ThreadIndex thread = other.AddThread({.tid = 8, .name = "pool"});
  const FrameId frame = AddFrame(other, "a.py", 1, "f");
  other.Add(MakeSample(other, thread, {frame}, TimeClass::kPython, 5));
  merged.Merge(other);
  EXPECT_THAT(Played(merged).names(),
              UnorderedElementsAre(Pair(42, "python3 app.py"), Pair(7, "celery"), Pair(42, "main"),
                                   Pair(43, "worker"), Pair(8, "pool")));
}

TEST(ChromeTrace, AThreadThatComesAgainFollowsItself) {
  Profile executed = FullProfile();
  executed.Merge(FullProfile());
  StackTimes expected = Played(FullProfile()).stack_times();
  for (auto& [place, time] : expected) time *= 2;
  EXPECT_EQ(Played(executed).stack_times(), expected);
}

TEST(ChromeTrace, NamesAreHarmless) {
  const Player player = Played(HostileProfile(), {.idle = true});
  EXPECT_THAT(
      player.begun(),
      testing::IsSupersetOf({"f;g\\x1b[2J (/srv/</script>.py:1)", "nul\\x00name (/srv/漢字.py:7)",
                             "🐍\\u202eevil (/srv/\uFFFD\uFFFD.py:3)", "idle: futex \"queue\""}));
  EXPECT_THAT(player.names(),
              UnorderedElementsAre(Pair(42, "python3 a\\x1b[31m.py </script>"),
                                   Pair(42, "Main;Thread\\n"), Pair(43, "工人\uFFFD")));
}

// A name is there once for each slice: of a megabyte each, a minute would be gigabytes.
TEST(ChromeTrace, CutsNamesThatNobodyReads) {
  Profile profile;
  TimelineBuilder timeline(profile);
  profile.AddTarget({.pid = 1});
  const ThreadIndex thread = profile.AddThread({.tid = 1});
  const FrameId frame = AddFrame(profile, "a.py", 1, std::string(size_t{1} << 20, 'x'));
  for (int i = 0; i < 100; ++i) {
    timeline.Add(thread, {frame}, TimeClass::kPython, 1);
    timeline.Pause(thread, 1);
  }
  StringSink sink;
  WriteChromeTrace(profile, {}, sink);
  EXPECT_LT(sink.text().size(), 300 * kLongestViewerName);
}

TEST(ChromeTrace, HasNothingThatIsNotKept) {
  const ViewOptions options{.filter = *Filter::Create({.function = "query"})};
  const StackTimes times = Played(TimelineProfile(), options).stack_times();
  ASSERT_EQ(times.size(), 1u);
  EXPECT_EQ(times.begin()->first.second, "<module>;work;query");
}

}  // namespace
}  // namespace spyhop
