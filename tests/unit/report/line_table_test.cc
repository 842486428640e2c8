#include "report/line_table.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "report/display_width.h"
#include "report/table_header.h"
#include "tests/unit/report/full_profile.h"
#include "tests/unit/report/hostile_profile.h"

namespace spyhop {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Table(const Profile& profile, const ViewOptions& options = {}) {
  StringSink sink;
  WriteLineTable(profile, options, sink);
  return sink.text();
}

TEST(LineTable, ShowsHostileNamesHarmlessly) {
  EXPECT_EQ(
      Table(HostileProfile()),
      "Process 42, Python 3.11.2 (release): python3 a\\x1b[31m.py </script>\n"
      "Sampled 50 ms at 100 Hz (asked: 100 Hz) from 2023-11-14T22:13:20Z: 5 samples in 5 rounds\n"
      "Late rounds: 1; truncated: 2 too-deep; lost: none\n"
      "Target stopped 1 time, 0.04 % of the time: median 20 us, p99 20 us, max 20 us; own CPU 1 "
      "ms (2.00 % of a core), memory 12 MB\n"
      "Wall-clock time of all threads; 100 % = 50 ms; idle left out: 50 ms (--idle counts it)\n"
      "\n"
      "python  native  system  gil  self s  total s  line                 function\n"
      " 40.0%       -       -    -   0.020    0.020  /srv/</script>.py:1  f;g\\x1b[2J\n"
      "     -   20.0%   20.0%    -   0.020    0.020  /srv/漢字.py:7       nul\\x00name\n"
      "     -       -   20.0%    -   0.010    0.010  /srv/\uFFFD\uFFFD.py:3         "
      "🐍\\u202eevil\n"
      "\n"
      "wall s  cpu s  python  native  kernel   wait  gil  runq   idle  tid  thread\n"
      " 0.050  0.020   0.020   0.010   0.010  0.010    -     -      -   42  Main;Thread\\n\n"
      " 0.050      -       -       -       -      -    -     -  0.050   43  工人\uFFFD\n"
      " 0.100  0.020   0.020   0.010   0.010  0.010    -     -  0.050       all 2 threads\n");
}

TEST(LineTable, CountsIdleOnlyWhenAsked) {
  const std::string with = Table(HostileProfile(), {.idle = true});
  EXPECT_THAT(with, HasSubstr("100 % = 100 ms\n"));
  EXPECT_THAT(with, HasSubstr("0.050    0.100  /srv/app.py:9"));
  EXPECT_THAT(Table(HostileProfile()), Not(HasSubstr("/srv/app.py:9")));
}

TEST(LineTable, SharesOfARowAddUpToItsSelfTime) {
  EXPECT_EQ(
      Table(FullProfile(), {.idle = true}),
      "Process 42, Python 3.11.2 (release): python3 app.py\n"
      "Sampled 250 ms at 100 Hz (asked: 100 Hz) from 2023-11-14T22:13:20Z: 20 samples in 25 "
      "rounds\n"
      "Late rounds: 0; truncated: none; lost: 1 incomplete-frame\n"
      "Target never stopped; own CPU 0 us (0.00 % of a core), memory 0 MB\n"
      "Wall-clock time of all threads; 100 % = 400 ms, of it 20 ms ready for a CPU (runq), "
      "60 ms in no line (no Python stack)\n"
      "\n"
      "python  native  system   gil  runq   idle  self s  total s  line               "
      "function\n"
      " 10.0%    7.5%       -  7.5%  5.0%      -   0.120    0.120  /srv/app.py:10     work\n"
      " 15.0%       -    5.0%     -     -      -   0.080    0.090  /srv/worker.py:33  fib\n"
      "     -       -   15.0%     -     -      -   0.060    0.060  /srv/lib.py:7      recv\n"
      "     -       -       -     -     -  12.5%   0.050    0.050  /srv/loop.py:5     run\n"
      "     -       -    7.5%     -     -      -   0.030    0.080  /srv/app.py:12     work\n"
      "\n"
      "wall s  cpu s  python  native  kernel   wait    gil   runq   idle  tid  thread\n"
      " 0.250  0.081   0.040   0.030   0.010  0.070  0.030  0.020  0.050   42  MainThread\n"
      " 0.100  0.070   0.070       -       -  0.030      -      -      -   43  Thread-2\n"
      " 0.050  0.040       -   0.040       -  0.010      -      -      -   44  blas (native)\n"
      " 0.400  0.191   0.110   0.070   0.010  0.110  0.030  0.020  0.050       all 3 "
      "threads\n");
}

TEST(LineTable, ShowsTheRunQueueOnlyWhenItMatters) {
  EXPECT_THAT(Table(HostileProfile()), Not(HasSubstr("gil  runq  self s")));
  EXPECT_THAT(Table(HostileProfile()), Not(HasSubstr("of it")));
  EXPECT_THAT(Table(FullProfile()), HasSubstr("gil  runq  self s"));
}

TEST(FunctionTable, AddsUpTheLinesOfAFunction) {
  StringSink sink;
  WriteFunctionTable(FullProfile(), {}, sink);
  EXPECT_THAT(
      sink.text(),
      HasSubstr("\npython  native  system   gil  runq  self s  total s  cpu s  file            "
                "function\n"
                " 11.4%    8.6%    8.6%  8.6%  5.7%   0.150    0.200  0.080  /srv/app.py     work\n"
                " 17.1%       -    5.7%     -     -   0.080    0.090  0.060  /srv/worker.py  fib\n"
                "     -       -   17.1%     -     -   0.060    0.060      -  /srv/lib.py     "
                "recv\n\nwall s"));
}

TEST(FunctionTable, SaysHowManyTheLimitLeftOut) {
  StringSink sink;
  WriteFunctionTable(FullProfile(), {.sort = SortKey::kCpu, .limit = 1}, sink);
  EXPECT_THAT(sink.text(), HasSubstr("and 2 more functions (--limit 0 shows all)\n"));
}

TEST(LineTable, SortsByTheKeyAsked) {
  const std::string by_total = Table(HostileProfile(), {.sort = SortKey::kTotal});
  EXPECT_THAT(by_total,
              HasSubstr("function\n     -       -       -    -       -    0.050  /srv/app"));
  const std::string by_wait = Table(HostileProfile(), {.sort = SortKey::kWait});
  EXPECT_THAT(by_wait, HasSubstr("wait s"));
  EXPECT_THAT(by_wait, Not(HasSubstr("</script>.py")));
}

// The first row of the lines by each key.
TEST(LineTable, HasARowOfEachKeyOnTop) {
  const std::pair<SortKey, const char*> kTops[] = {
      {SortKey::kSelf, "/srv/app.py:10"},      {SortKey::kTotal, "/srv/app.py:1"},
      {SortKey::kPython, "/srv/worker.py:33"}, {SortKey::kNative, "/srv/app.py:10"},
      {SortKey::kSystem, "/srv/lib.py:7"},     {SortKey::kWait, "/srv/lib.py:7"},
      {SortKey::kGil, "/srv/app.py:10"},       {SortKey::kCpu, "/srv/app.py:10"}};
  for (const auto& [key, place] : kTops) {
    const std::string table = Table(FullProfile(), {.sort = key, .limit = 1});
    EXPECT_THAT(table, testing::ContainsRegex(std::string("function\n.* ") + place + " +[a-z<]"))
        << place;
  }
}

TEST(LineTable, SaysHowManyLinesTheLimitLeftOut) {
  const std::string table = Table(HostileProfile(), {.limit = 1});
  EXPECT_THAT(table, HasSubstr("and 2 more lines (--limit 0 shows all)\n"));
  EXPECT_THAT(table, HasSubstr("1 more thread\n"));
  EXPECT_THAT(Table(HostileProfile(), {.limit = 0}), Not(HasSubstr("more lines")));
}

TEST(LineTable, CountsOneThingInTheSingular) {
  EXPECT_EQ(Counted(1, "time"), "1 time");
  EXPECT_EQ(Counted(0, "time"), "0 times");
  EXPECT_EQ(Counted(2, "more process", "more processes"), "2 more processes");
  EXPECT_THAT(Table(HostileProfile(), {.limit = 2}), HasSubstr("and 1 more line (--limit"));
}

TEST(LineTable, ShowsJustTheNameOfAFrameThatIsNowhere) {
  Profile profile;
  profile.AddTarget({});
  const ThreadIndex thread = profile.AddThread({});
  for (const int line : {0, 7}) {
    const FrameId frame = AddFrame(profile, "", line, "<frames left out>");
    profile.Add(MakeSample(profile, thread, {frame}, TimeClass::kPython, kSecond));
  }
  const std::string table = Table(profile);
  EXPECT_THAT(table, HasSubstr("  <frames left out>\n"));
  EXPECT_THAT(table, Not(testing::ContainsRegex(":[07] ")));
}

TEST(LineTable, HasRowsPerThreadWhenAsked) {
  EXPECT_THAT(Table(HostileProfile(), {.per_thread = true}),
              HasSubstr("42  Main;Thread\\n  /srv/</script>.py:1"));
}

TEST(LineTable, KeepsOnlyWhatTheFiltersKeep) {
  const ViewOptions by_function{.filter = *Filter::Create({.function = "^nul"})};
  EXPECT_THAT(Table(HostileProfile(), by_function), HasSubstr("nul\\x00name"));
  EXPECT_THAT(Table(HostileProfile(), by_function), Not(HasSubstr("f;g")));
  const ViewOptions by_thread{.filter = *Filter::Create({.thread = "43"})};
  EXPECT_THAT(Table(HostileProfile(), by_thread), HasSubstr("No line has any time"));
}

TEST(LineTable, FitsTheTerminal) {
  for (const size_t width : {40, 50, 60, 80, 100, 120, 200}) {
    StringSink tables;
    for (const Profile& profile : {HostileProfile(), FullProfile()}) {
      for (const bool all : {false, true}) {
        const ViewOptions options{.per_thread = all, .idle = all, .width = width};
        WriteLineTable(profile, options, tables);
        WriteFunctionTable(profile, options, tables);
      }
    }
    for (const absl::string_view line : absl::StrSplit(tables.text(), '\n')) {
      EXPECT_LE(DisplayWidth(std::string(line)), width) << line;
    }
  }
}

TEST(LineTable, CutsAMegabyteName) {
  Profile profile;
  profile.AddTarget({});
  const ThreadIndex thread = profile.AddThread({.name = std::string(1 << 20, 't')});
  const FrameId frame =
      AddFrame(profile, "/" + std::string(1 << 20, 'd') + "/x.py", 1, std::string(1 << 20, 'f'));
  profile.Add(MakeSample(profile, thread, {frame}, TimeClass::kPython, kSecond));
  const std::string table = Table(profile);
  EXPECT_LT(table.size(), 3000u);
  EXPECT_THAT(table, HasSubstr("d/x.py:1  fff"));
}

TEST(LineTable, ShowsSourceTextOfTheRowsShown) {
  const std::string path = testing::TempDir() + "spyhop_line_table.py";
  FILE* file = fopen(path.c_str(), "w");
  fputs("first\n\tif x:\x1b[31m\n   return 漢字  \r\n", file);
  fclose(file);
  Profile profile;
  profile.AddTarget({.pid = 5});
  const ThreadIndex thread = profile.AddThread({});
  for (const int line : {2, 3, 4}) {
    const FrameId frame = AddFrame(profile, "/x.py", line, "f");
    profile.Add(MakeSample(profile, thread, {frame}, TimeClass::kPython, kSecond));
  }
  int opened = 0;
  const std::string table = Table(profile, {.open_source = [&](int pid, const std::string& name) {
                                    ++opened;
                                    EXPECT_EQ(pid, 5);
                                    EXPECT_EQ(name, "/x.py");
                                    return ScopedFd(open(path.c_str(), O_RDONLY));
                                  }});
  EXPECT_EQ(opened, 1);
  EXPECT_THAT(table, HasSubstr("/x.py:2  f         if x:\\x1b[31m\n"));
  EXPECT_THAT(table, HasSubstr("/x.py:3  f         return 漢字\n"));
  EXPECT_THAT(table, HasSubstr("/x.py:4  f\n"));
  remove(path.c_str());
}

TEST(LineTable, IsWrittenForAProfileWithoutAnything) {
  EXPECT_THAT(Table(Profile()), HasSubstr("No line has any time"));
}

}  // namespace
}  // namespace spyhop
