#include "report/thread_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "report/display_width.h"
#include "tests/unit/report/full_profile.h"

namespace spyhop {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string View(const Profile& profile, const ViewOptions& options = {}) {
  StringSink sink;
  WriteThreadView(profile, options, sink);
  return sink.text();
}

std::string WithoutHeader(const std::string& text) { return text.substr(text.find("\nThread ")); }

TEST(ThreadView, GivesEachThreadItsLinesAndTotals) {
  EXPECT_EQ(
      WithoutHeader(View(FullProfile())),
      "\nThread MainThread (14 samples, 0.200 seconds)\n"
      "cpu_time (cum)  ticks (cum)  samples (cum)  filename:lineno  function\n"
      " 0.070 (0.070)      12 (12)          7 (7)  /srv/app.py:10   work\n"
      " 0.000 (0.000)        5 (5)          5 (5)  /srv/lib.py:7    recv\n"
      " 0.010 (0.010)        3 (8)          2 (7)  /srv/app.py:12   work\n"
      " 0.000 (0.081)       0 (20)         0 (14)  /srv/app.py:1    <module>\n"
      " 0.001 (0.001)        0 (0)          0 (0)  /srv/loop.py:5   run\n"
      "Totals of tid 42: wall 0.250 s, cpu 0.081 s; python 0.040 s (16.0%), native 0.030 s "
      "(12.0%), kernel 0.010 s (4.0%), wait 0.070 s (28.0%), gil 0.030 s (12.0%), runq 0.020 s "
      "(8.0%), idle 0.050 s (20.0%)\n"
      "\nThread Thread-2 (3 samples, 0.100 seconds)\n"
      "cpu_time (cum)  ticks (cum)  samples (cum)  filename:lineno    function\n"
      " 0.060 (0.060)        8 (9)          2 (3)  /srv/worker.py:33  fib\n"
      " 0.000 (0.000)        1 (1)          1 (1)  /srv/lib.py:7      recv\n"
      "Totals of tid 43: wall 0.100 s, cpu 0.070 s; python 0.070 s (70.0%), wait 0.030 s "
      "(30.0%)\n"
      "\nThread blas (native) (2 samples, 0.050 seconds)\n"
      "Totals of tid 44: wall 0.050 s, cpu 0.040 s; native 0.040 s (80.0%), wait 0.010 s "
      "(20.0%)\n");
}

TEST(ThreadView, CountsALateSampleForThePeriodsItStandsFor) {
  Profile profile;
  profile.AddTarget({.pid = 1});
  const ThreadIndex thread = profile.AddThread({.tid = 1, .name = "t"});
  const FrameId frame = AddFrame(profile, "/x.py", 1, "f");
  profile.Add(MakeSample(profile, thread, {frame}, TimeClass::kPython, 174 * kMillisecond));
  profile.figures().rate_hz = 100;
  EXPECT_THAT(View(profile), HasSubstr(" 0.174 (0.174)      17 (17)          1 (1)  /x.py:1"));
  profile.figures().rate_hz = 1000;
  EXPECT_THAT(View(profile), HasSubstr(" 0.174 (0.174)    174 (174)          1 (1)  /x.py:1"));
}

TEST(ThreadView, CountsIdleTimeAndSamplesOnlyWhenAsked) {
  const std::string with = View(FullProfile(), {.idle = true});
  EXPECT_THAT(with, HasSubstr("Thread MainThread (15 samples, 0.250 seconds)\n"));
  EXPECT_THAT(with, HasSubstr(" 0.001 (0.001)        5 (5)          1 (1)  /srv/loop.py:5   run"));
}

TEST(ThreadView, SortsByTheKeyAskedAndSaysWhatTheLimitLeftOut) {
  const std::string by_total = View(FullProfile(), {.sort = SortKey::kTotal, .limit = 1});
  EXPECT_THAT(by_total, HasSubstr("function\n 0.000 (0.081)       0 (20)         0 (14)"));
  EXPECT_THAT(by_total, HasSubstr("and 4 more lines (--limit 0 shows all)\n"));
  EXPECT_THAT(by_total, HasSubstr("\nand 2 more threads (--limit 0 shows all)\n"));
  EXPECT_THAT(by_total, Not(HasSubstr("Thread Thread-2")));
}

TEST(ThreadView, SortsThreadsByTheKeyToo) {
  const ViewOptions by_python{.sort = SortKey::kPython, .limit = 1};
  EXPECT_THAT(View(FullProfile(), by_python), HasSubstr("\nThread Thread-2 ("));
  const ViewOptions by_native{.sort = SortKey::kNative, .limit = 1};
  EXPECT_THAT(View(FullProfile(), by_native), HasSubstr("\nThread blas (native) ("));
}

TEST(ThreadView, KeepsOnlyWhatTheFiltersKeep) {
  const std::string view =
      View(FullProfile(), {.filter = *Filter::Create({.file = "lib.py", .thread = "*-2"})});
  EXPECT_THAT(view, HasSubstr("/srv/lib.py:7"));
  EXPECT_THAT(view, Not(HasSubstr("worker.py:33")));
  EXPECT_THAT(view, Not(HasSubstr("MainThread (")));
}

TEST(ThreadView, MakesOneThreadOfWhatAnExecWentThrough) {
  Profile profile;
  const FrameId frame = AddFrame(profile, "/x.py", 1, "f");
  for (int i = 0; i < 2; ++i) {
    const ThreadIndex thread =
        profile.AddThread({.target = profile.AddTarget({.pid = 7}), .tid = 7, .name = "m"});
    profile.Add(MakeSample(profile, thread, {frame}, TimeClass::kPython, kSecond));
  }
  EXPECT_THAT(View(profile), HasSubstr("Thread m (2 samples, 2.000 seconds)\n"));
}

TEST(ThreadView, FitsTheTerminal) {
  Profile profile = FullProfile();
  profile.thread(ThreadIndex{0}).name = std::string(300, 'n');
  for (const size_t width : {40, 60, 80, 200}) {
    const std::string text = View(profile, {.idle = true, .width = width});
    for (const absl::string_view line : absl::StrSplit(text, '\n')) {
      EXPECT_LE(DisplayWidth(std::string(line)), width) << line;
    }
    EXPECT_THAT(text, HasSubstr(".. (15 samples, 0.250 seconds)\n"));
  }
}

TEST(ThreadView, EscapesNames) {
  const std::string view = View(HostileProfile());
  EXPECT_THAT(view, HasSubstr("Thread Main;Thread\\n (4 samples, 0.050 seconds)\n"));
  EXPECT_THAT(view, HasSubstr("f;g\\x1b[2J"));
  EXPECT_THAT(view, Not(HasSubstr("\x1b")));
}

TEST(ThreadView, IsWrittenForAProfileWithoutAnything) {
  EXPECT_THAT(View(Profile()), HasSubstr("No thread is kept here.\n"));
}

}  // namespace
}  // namespace spyhop
