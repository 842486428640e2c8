#include "report/profile_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "tests/unit/report/full_profile.h"
#include "tests/unit/report/made_recording.h"

namespace spyhop {
namespace {

size_t CountChanges(const ProfileDiff& diff) {
  const auto changed = [](const DiffRow& row) { return row.verdict != DiffVerdict::kSame; };
  return std::count_if(diff.lines.begin(), diff.lines.end(), changed) +
         std::count_if(diff.functions.begin(), diff.functions.end(), changed);
}

// How many events of such a chance that many trials may show: more would be seen in one of a
// thousand series (Poisson).
int MostOf(int trials, double chance) {
  double term = std::exp(-trials * chance);
  double sum = term;
  int count = 0;
  while (1 - sum > 0.001) {
    term *= trials * chance / ++count;
    sum += term;
  }
  return count;
}

int FalseAlarms(const MadeProgram& program, int trials, const MadeOptions& before = {},
                const MadeOptions& after = {}) {
  int alarms = 0;
  for (int i = 0; i < trials; ++i) {
    const ProfileDiff diff =
        DiffProfiles(Record(program, 2 * i, before), Record(program, 2 * i + 1, after));
    alarms += CountChanges(diff) > 0 ? 1 : 0;
  }
  return alarms;
}

constexpr int kTrials = 200;
const int kMostAlarms = MostOf(kTrials, DiffOptions().alpha);

TEST(ProfileDiffChance, IsSilentAboutAProgramThatHasNotChanged) {
  EXPECT_LE(FalseAlarms(BusyLoop(), kTrials), kMostAlarms);
}

TEST(ProfileDiffChance, IsSilentAboutLongCallsAndPhases) {
  MadeProgram program = BusyLoop();
  for (const double stay : {0.05, 0.3, 1.0}) {
    program.stay_s = stay;
    EXPECT_LE(FalseAlarms(program, kTrials), kMostAlarms) << stay;
  }
}

TEST(ProfileDiffChance, IsSilentAboutManyLinesThreadsAndAService) {
  MadeProgram many;
  for (int i = 0; i < 60; ++i) many.lines.push_back({absl::StrCat("f", i / 4), i, 1.0 / (1 + i)});
  EXPECT_LE(FalseAlarms(many, kTrials), kMostAlarms);
  MadeProgram threads = BusyLoop();
  threads.threads = 4;
  threads.stay_s = 0.1;
  EXPECT_LE(FalseAlarms(threads, kTrials / 2, {.seconds = 10}, {.seconds = 10}), kMostAlarms);
  MadeProgram service = BusyLoop();
  service.load = 0.4;
  service.stay_s = 0.05;
  EXPECT_LE(FalseAlarms(service, kTrials), kMostAlarms);
}

TEST(ProfileDiffChance, IsSilentAboutLengthsThatDifferAndShortProfiles) {
  EXPECT_LE(FalseAlarms(BusyLoop(), kTrials, {.seconds = 5}, {.seconds = 40}), kMostAlarms);
  EXPECT_LE(FalseAlarms(BusyLoop(), kTrials, {.seconds = 1}, {.seconds = 1}), kMostAlarms);
  EXPECT_LE(FalseAlarms(BusyLoop(), kTrials, {.timeline = false}, {.timeline = false}),
            kMostAlarms);
}

// Of a line that takes half of the time, made 1.3 times slower: reported first, nothing else is
// told, and it fails above 10 %.
int Found(const MadeProgram& program, int trials, const MadeOptions& options) {
  int found = 0;
  for (int i = 0; i < trials; ++i) {
    const ProfileDiff diff = DiffProfiles(Record(program, 2 * i, options),
                                          Record(Slower(program, 0, 1.3), 2 * i + 1, options));
    const bool first = IsSlower(diff.lines[0]) && diff.lines[0].line == 10;
    const bool alone = std::none_of(diff.lines.begin() + 1, diff.lines.end(),
                                    [](const DiffRow& row) { return IsSlower(row); });
    found += first && alone && FailsAbove(diff, 10) ? 1 : 0;
  }
  return found;
}

TEST(ProfileDiffChance, FindsALineThatGotSlowerInABusyLoop) {
  EXPECT_GE(Found(BusyLoop(), 100, {.seconds = 30}), 90);
  EXPECT_EQ(Found(BusyLoop(), 20, {.seconds = 60}), 20);
}

TEST(ProfileDiffChance, FindsALineThatGotSlowerInAService) {
  MadeProgram program = BusyLoop();
  program.load = 0.5;
  EXPECT_GE(Found(program, 50, {.seconds = 60}), 45);
}

TEST(ProfileDiff, NamesTheSlowerLineAndBlamesNobodyElseInABusyLoop) {
  const ProfileDiff diff = DiffProfiles(Record(BusyLoop(), 1, {.seconds = 120}),
                                        Record(Slower(BusyLoop(), 0, 1.3), 2, {.seconds = 120}));
  const DiffRow& row = diff.lines[0];
  EXPECT_EQ(row.verdict, DiffVerdict::kSlower);
  EXPECT_EQ(row.file, "/srv/app.py");
  EXPECT_EQ(row.line, 10);
  EXPECT_EQ(row.function, "work");
  EXPECT_NEAR(*row.growth, 0.3, 0.06);
  EXPECT_LT(row.growth_within->low, 0.3);
  EXPECT_GT(row.growth_within->high, 0.3);
  EXPECT_NEAR(diff.pace, 1 / 1.15, 0.03);
  EXPECT_NEAR(row.before.self, 0.5, 0.02);
  EXPECT_NEAR(row.expected, 0.5 / 1.15, 0.02);
  for (size_t i = 1; i < diff.lines.size(); ++i) {
    EXPECT_EQ(diff.lines[i].verdict, DiffVerdict::kSame) << diff.lines[i].line;
  }
  EXPECT_EQ(diff.functions[0].function, "work");
  EXPECT_EQ(diff.functions[0].verdict, DiffVerdict::kSlower);
  EXPECT_TRUE(FailsAbove(diff, 10));
  EXPECT_FALSE(FailsAbove(diff, 50));
}

TEST(ProfileDiff, NamesTheFasterLine) {
  const ProfileDiff diff = DiffProfiles(Record(BusyLoop(), 1, {.seconds = 120}),
                                        Record(Slower(BusyLoop(), 0, 0.7), 2, {.seconds = 120}));
  EXPECT_EQ(diff.lines[0].verdict, DiffVerdict::kFaster);
  EXPECT_EQ(diff.lines[0].line, 10);
  EXPECT_EQ(diff.lines[1].verdict, DiffVerdict::kSame);
  EXPECT_FALSE(FailsAbove(diff, 1));
}

TEST(ProfileDiff, ComparesSecondsOfTheClockWhereThereIsTimeToSpare) {
  MadeProgram program = BusyLoop();
  program.load = 0.5;
  const MadeOptions options{.seconds = 300};
  const ProfileDiff diff =
      DiffProfiles(Record(program, 1, options), Record(Slower(program, 0, 1.3), 2, options));
  EXPECT_EQ(diff.pace, 1);
  EXPECT_EQ(diff.common_factor, 1);
  EXPECT_EQ(diff.lines[0].line, 10);
  EXPECT_NEAR(*diff.lines[0].growth, 0.3, 0.06);
  EXPECT_EQ(diff.lines[1].verdict, DiffVerdict::kSame);
}

TEST(ProfileDiff, SaysWhenMostLinesGrewAlike) {
  MadeProgram before = BusyLoop();
  before.load = 0.4;
  MadeProgram after = before;
  after.load = 0.6;
  const MadeOptions options{.seconds = 300};
  const ProfileDiff diff = DiffProfiles(Record(before, 1, options), Record(after, 2, options));
  EXPECT_EQ(diff.pace, 1);
  EXPECT_NEAR(diff.common_factor, 1.5, 0.1);
  EXPECT_EQ(diff.lines[0].verdict, DiffVerdict::kSlower);
}

TEST(ProfileDiff, TellsNewAndGoneCode) {
  MadeProgram after = BusyLoop();
  after.lines.push_back({"extra", 30, 0.4});
  const Profile without = Record(BusyLoop(), 1, {.seconds = 60});
  const Profile with = Record(after, 2, {.seconds = 60});
  const ProfileDiff came = DiffProfiles(without, with);
  EXPECT_EQ(came.lines[0].verdict, DiffVerdict::kNew);
  EXPECT_EQ(came.lines[0].function, "extra");
  EXPECT_FALSE(came.lines[0].growth.has_value());
  EXPECT_EQ(came.lines[1].verdict, DiffVerdict::kSame);
  EXPECT_TRUE(FailsAbove(came, 20));
  EXPECT_FALSE(FailsAbove(came, 35)) << "it takes 29 % of the time";
  const ProfileDiff went = DiffProfiles(with, without);
  EXPECT_EQ(went.lines[0].verdict, DiffVerdict::kGone);
  EXPECT_FALSE(FailsAbove(went, 0));
}

TEST(ProfileDiff, BlamesTheFunctionNotTheLinesWhenItWasEdited) {
  MadeProgram after = BusyLoop();
  after.lines[0].line = 15;  // its time is at another line of the same function
  const ProfileDiff diff = DiffProfiles(Record(BusyLoop(), 1), Record(after, 2));
  EXPECT_EQ(diff.lines[0].verdict, DiffVerdict::kNew);
  EXPECT_TRUE(diff.lines[0].in_edited_function);
  EXPECT_TRUE(std::none_of(diff.functions.begin(), diff.functions.end(), IsSlower));
  EXPECT_FALSE(FailsAbove(diff, 10));
}

TEST(ProfileDiff, DoesNotFailForALineThatMayBeOtherCode) {
  const MadeLine rest{"parse", 20, 0.5};
  const MadeProgram before{.lines = {{"work", 10, 0.3}, {"work", 11, 0.2}, rest}};
  const MadeProgram after{.lines = {{"work", 10, 0.45}, {"work", 13, 0.05}, rest}};
  const ProfileDiff diff =
      DiffProfiles(Record(before, 1, {.seconds = 60}), Record(after, 2, {.seconds = 60}));
  EXPECT_TRUE(std::any_of(diff.lines.begin(), diff.lines.end(), [](const DiffRow& row) {
    return row.line == 10 && row.verdict == DiffVerdict::kSlower;
  }));
  EXPECT_FALSE(FailsAbove(diff, 10));
}

TEST(ProfileDiff, SaysWhenPhasesAreTooLongForItsLength) {
  MadeProgram program = BusyLoop();
  program.stay_s = 4;
  const auto count = [&](double seconds) {
    int too_long = 0;
    for (int i = 0; i < 20; ++i) {
      const ProfileDiff diff = DiffProfiles(Record(program, 2 * i, {.seconds = seconds}),
                                            Record(program, 2 * i + 1, {.seconds = seconds}));
      too_long += diff.phases_too_long ? 1 : 0;
      EXPECT_TRUE(!diff.phases_too_long || CountChanges(diff) == 0);
    }
    return too_long;
  };
  EXPECT_GE(count(10), 15);
  EXPECT_EQ(count(300), 0);
}

TEST(ProfileDiff, FollowsLinesThatMoved) {
  MadeProgram after = BusyLoop();
  for (MadeLine& line : after.lines) line.line += 7;
  const ProfileDiff diff = DiffProfiles(Record(BusyLoop(), 1), Record(after, 2));
  EXPECT_EQ(CountChanges(diff), size_t{0});
  EXPECT_EQ(diff.lines.size(), size_t{6});
  EXPECT_EQ(diff.lines[0].line - diff.lines[0].line_before, 7);
}

TEST(ProfileDiff, DoesNotTellWhatIsOfNoInterest) {
  const MadeOptions options{.seconds = 3000};
  const Profile before = Record(BusyLoop(), 1, options);
  const Profile after = Record(Slower(BusyLoop(), 0, 1.3), 2, options);
  EXPECT_EQ(CountChanges(DiffProfiles(before, after, {.least_growth = 0.5})), size_t{0});
  EXPECT_EQ(CountChanges(DiffProfiles(before, after, {.least_share = 0.5})), size_t{0});
  EXPECT_GT(CountChanges(DiffProfiles(before, after)), size_t{0});
}

TEST(ProfileDiff, GivesRatesByClassAndLeavesIdleTimeOut) {
  const ProfileDiff diff = DiffProfiles(FullProfile(), FullProfile());
  EXPECT_EQ(diff.before.blocks, size_t{0});
  const auto hot = std::find_if(diff.lines.begin(), diff.lines.end(),
                                [](const DiffRow& row) { return row.line == 10; });
  ASSERT_NE(hot, diff.lines.end());
  EXPECT_NEAR(hot->before[TimeClass::kPython], 4 / 25.0, 1e-9);
  EXPECT_NEAR(hot->before[TimeClass::kGil], 3 / 25.0, 1e-9);
  EXPECT_NEAR(hot->before.self, 12 / 25.0, 1e-9);
  EXPECT_NEAR(hot->before.total, 12 / 25.0, 1e-9);
  const auto self_of_loop = [](const ProfileDiff& of) {
    for (const DiffRow& row : of.functions) {
      if (row.function == "run") return row.after.self;
    }
    return -1.0;
  };
  EXPECT_EQ(self_of_loop(diff), 0);
  EXPECT_NEAR(self_of_loop(DiffProfiles(FullProfile(), FullProfile(), {.idle = true})), 5 / 25.0,
              1e-9);
}

TEST(ProfileDiff, OfASumOfProcessesHasOneRowForALine) {
  Profile merged;
  merged.Merge(Record(BusyLoop(), 1));
  Profile other = Record(BusyLoop(), 2);
  merged.Merge(other);
  const ProfileDiff diff = DiffProfiles(merged, merged);
  EXPECT_EQ(diff.lines.size(), size_t{6});
  EXPECT_NEAR(diff.before.busy, 2, 0.01);
}

TEST(ProfileDiff, SaysWhatItCouldHaveSeen) {
  const ProfileDiff shorter =
      DiffProfiles(Record(BusyLoop(), 1, {.seconds = 10}), Record(BusyLoop(), 2, {.seconds = 10}));
  const ProfileDiff longer = DiffProfiles(Record(BusyLoop(), 1, {.seconds = 1000}),
                                          Record(BusyLoop(), 2, {.seconds = 1000}));
  EXPECT_NEAR(*shorter.resolution / *longer.resolution, 10, 2);
}

TEST(ProfileDiff, OfNothingHasNoRowsAndDoesNotFail) {
  const ProfileDiff diff = DiffProfiles(Profile(), Profile());
  EXPECT_TRUE(diff.lines.empty());
  EXPECT_FALSE(diff.resolution.has_value());
  EXPECT_FALSE(FailsAbove(diff, 0));
}

TEST(ProfileDiff, WithAnEmptyProfileTellsNothingForCertain) {
  EXPECT_EQ(CountChanges(DiffProfiles(Profile(), Record(BusyLoop(), 1))), size_t{0});
  EXPECT_EQ(CountChanges(DiffProfiles(Record(BusyLoop(), 1), Profile())), size_t{0});
}

}  // namespace
}  // namespace spyhop
