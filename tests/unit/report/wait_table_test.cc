#include "report/wait_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "report/display_width.h"
#include "tests/unit/report/full_profile.h"

namespace spyhop {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Waits(const Profile& profile, const ViewOptions& options = {}) {
  StringSink sink;
  WriteWaitTable(profile, options, sink);
  return sink.text();
}

std::string WithoutHeader(const std::string& text) { return text.substr(text.find("\n\n") + 2); }

TEST(WaitTable, NamesReasonsAndTheLinesThatWait) {
  EXPECT_EQ(WithoutHeader(Waits(FullProfile())),
            "seconds  share  samples  threads  class  reason                            line       "
            "        "
            "function\n"
            "  0.080  22.9%        7        2  wait   recv socket 10.0.0.5:5432\n"
            "  0.060  17.1%        6        2                                           "
            "/srv/lib.py:7      "
            "recv\n"
            "  0.020   5.7%        1        1                                           "
            "/srv/app.py:12     "
            "work\n"
            "  0.030   8.6%        1        1  gil    held by Thread-2 at worker.py:33  "
            "/srv/app.py:10     "
            "work\n"
            "  0.020   5.7%        1        1  wait   futex threading.Lock              "
            "/srv/worker.py:33  "
            "fib\n"
            "  0.010   2.9%        1        1  wait   futex\n"
            "  0.110  31.4%        9           wait   all 3 reasons\n");
}

TEST(WaitTable, ShowsALineBelowItsReasonWhenItIsNotAllOfIt) {
  Profile profile;
  profile.AddTarget({});
  const ThreadIndex thread = profile.AddThread({.tid = 1});
  const FrameId frame = AddFrame(profile, "/x.py", 1, "f");
  profile.Add(MakeSample(profile, thread, {frame}, TimeClass::kWait, kSecond, "read pipe"));
  profile.Add(MakeSample(profile, thread, {}, TimeClass::kWait, kSecond, "read pipe"));
  EXPECT_THAT(Waits(profile), HasSubstr("wait   read pipe\n"));
  EXPECT_THAT(Waits(profile),
              HasSubstr("\n  1.000   50.0%        1        1                    /x.py:1"));
}

TEST(WaitTable, HoldsIdleWaitsOnlyWhenAsked) {
  EXPECT_THAT(Waits(FullProfile()), Not(HasSubstr("epoll_wait")));
  EXPECT_THAT(Waits(FullProfile(), {.idle = true}),
              HasSubstr("  0.050  12.5%        1        1  idle   epoll_wait"));
}

TEST(WaitTable, KeepsTheSameWordsOfTwoClassesApart) {
  Profile profile = FullProfile();
  const FrameId frame = AddFrame(profile, "/q.py", 3, "get");
  profile.Add(
      MakeSample(profile, ThreadIndex{0}, {frame}, TimeClass::kIdle, kSecond, "futex queue"));
  profile.Add(
      MakeSample(profile, ThreadIndex{0}, {frame}, TimeClass::kWait, kSecond / 2, "futex queue"));
  const std::string waits = Waits(profile, {.idle = true});
  EXPECT_THAT(waits, HasSubstr("1        1  idle   futex queue"));
  EXPECT_THAT(waits, HasSubstr("1        1  wait   futex queue"));
}

TEST(WaitTable, HasRowsPerThreadWhenAsked) {
  const std::string waits = Waits(FullProfile(), {.per_thread = true});
  EXPECT_THAT(waits, HasSubstr("6        1   42  MainThread     wait   recv socket"));
  EXPECT_THAT(waits, HasSubstr("1        1   43  Thread-2       wait   recv socket"));
  EXPECT_THAT(waits, HasSubstr("1        1   44  blas (native)  wait   futex\n"));
}

TEST(WaitTable, KeepsStacksThatTheFiltersKeep) {
  const std::string waits =
      Waits(FullProfile(), {.filter = *Filter::Create({.file = "worker.py"})});
  EXPECT_THAT(waits, HasSubstr("1        1  wait   recv socket"));
  EXPECT_THAT(waits, HasSubstr("/srv/lib.py:7"));
  EXPECT_THAT(waits, Not(HasSubstr("/srv/app.py:12")));
}

TEST(WaitTable, LimitsReasonsAndTheLinesOfEach) {
  Profile profile = FullProfile();
  for (int line = 1; line <= 5; ++line) {
    const FrameId frame = AddFrame(profile, "/many.py", line, "f");
    profile.Add(
        MakeSample(profile, ThreadIndex{0}, {frame}, TimeClass::kWait, line * kSecond, "x"));
  }
  const std::string limited = Waits(profile, {.limit = 1});
  EXPECT_THAT(limited, HasSubstr("/many.py:3"));
  EXPECT_THAT(limited, Not(HasSubstr("/many.py:2")));
  EXPECT_THAT(limited, HasSubstr("and 4 more reasons (--limit 0 shows all)\n"));
  EXPECT_THAT(Waits(profile, {.limit = 0}), HasSubstr("/many.py:1"));
}

TEST(WaitTable, SaysWhatCouldNotBeTold) {
  Profile profile = FullProfile();
  const FrameId frame = AddFrame(profile, "/x.py", 1, "f");
  profile.Add(MakeSample(profile, ThreadIndex{0}, {frame}, TimeClass::kGil, kSecond));
  EXPECT_THAT(Waits(profile), HasSubstr("gil    (not known)"));
}

TEST(WaitTable, ShowsHostileReasonsHarmlesslyAndFitsTheTerminal) {
  Profile profile = HostileProfile();
  const FrameId frame = AddFrame(profile, "/srv/" + std::string(500, 'd') + "/x.py", 1, "f");
  const std::string reason = "read \x1b[31m\n/" + std::string(1 << 20, 'p');
  profile.Add(MakeSample(profile, ThreadIndex{0}, {frame}, TimeClass::kWait, kSecond, reason));
  for (const size_t width : {40, 60, 80, 200}) {
    const std::string text = Waits(profile, {.per_thread = true, .idle = true, .width = width});
    EXPECT_THAT(text, HasSubstr("read \\x1b"));
    for (const absl::string_view line : absl::StrSplit(text, '\n')) {
      EXPECT_LE(DisplayWidth(std::string(line)), width) << line;
    }
  }
}

TEST(WaitTable, IsWrittenForAProfileWithoutAnything) {
  EXPECT_THAT(Waits(Profile()), HasSubstr("No thread has waited for anything here.\n"));
}

}  // namespace
}  // namespace spyhop
