#include "cli/tui/live_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/tui/top_profile.h"

namespace spyhop {
namespace {

using testing::SizeIs;

LiveFeed::Part PartOf(uint64_t number, Profile profile) {
  return {number, std::make_shared<const Profile>(std::move(profile))};
}

Nanos WallOf(const Profile& profile) {
  Nanos wall = 0;
  for (const ThreadInfo& thread : profile.threads()) wall += thread.times.Wall(true);
  return wall;
}

Nanos WallOfPlaces(const Profile& profile) {
  Nanos wall = 0;
  for (const auto& [key, times] : profile.buckets()) wall += times.Wall(true);
  return wall;
}

TEST(ProfileSum, AThreadOfManyPartsIsOneRow) {
  ProfileSum sum;
  for (int i = 0; i < 3; ++i) sum.Add(FullProfile());
  const Profile one = FullProfile();
  const Profile& all = sum.profile();
  EXPECT_THAT(all.targets(), SizeIs(1));
  ASSERT_THAT(all.threads(), SizeIs(3));
  EXPECT_THAT(all.buckets(), SizeIs(one.buckets().size() + 1)) << "and what has no place";
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(all.threads()[i].times.Wall(true) % 3, 0);
  }
  EXPECT_EQ(WallOf(all), 3 * WallOf(one));
  EXPECT_EQ(all.duration(), 3 * one.duration());
  EXPECT_EQ(all.figures().samples, 3 * one.figures().samples);
  EXPECT_EQ(all.figures().rounds, 3 * one.figures().rounds);
  EXPECT_EQ(all.figures().lost, [&one] {
    auto lost = one.figures().lost;
    for (uint64_t& count : lost) count *= 3;
    return lost;
  }());
}

TEST(ProfileSum, AThreadHasItsLatestName) {
  ProfileSum sum;
  sum.Add(SmallProfile(7, ""));
  sum.Add(SmallProfile(7, "worker"));
  sum.Add(SmallProfile(7, ""));
  ASSERT_THAT(sum.profile().threads(), SizeIs(1));
  EXPECT_EQ(sum.profile().threads()[0].name, "worker");
}

TEST(ProfileSum, LetsGoOfRareStacksButNotOfTheirTime) {
  ProfileSum sum;
  for (int i = 0; i < 300; ++i) {
    Profile part = SmallProfile(7, "worker", "/rare" + std::to_string(i) + ".py");
    if (i == 5)
      part.Add(MakeSample(part, ThreadIndex{0}, {AddFrame(part, "/hot.py", 1, "hot")},
                          TimeClass::kNative, 10 * kSecond));
    sum.Add(part);
    sum.Bound(100, 100);
    EXPECT_LE(sum.profile().stacks().size(), 102u);
  }
  EXPECT_EQ(WallOf(sum.profile()), 40 * kSecond);
  EXPECT_EQ(WallOfPlaces(sum.profile()), 40 * kSecond);
  EXPECT_GT(sum.let_go(), 10 * kSecond);
  EXPECT_EQ(sum.profile().figures().rounds, 3000u);
  EXPECT_EQ(sum.profile().duration(), 30 * kSecond);
  const auto hot = std::any_of(
      sum.profile().buckets().begin(), sum.profile().buckets().end(),
      [](const auto& bucket) { return bucket.second[TimeClass::kNative] == 10 * kSecond; });
  EXPECT_TRUE(hot) << "the longest are kept";
}

TEST(ProfileSum, ShortThreadsBecomeOne) {
  ProfileSum sum;
  for (int i = 0; i < 50; ++i) {
    Profile part;
    part.AddTarget({.pid = 7});
    const ThreadIndex thread = part.AddThread({.tid = 100 + i, .name = "t"});
    part.Add(MakeSample(part, thread, {AddFrame(part, "/a.py", 1, "f")}, TimeClass::kPython,
                        (i == 3 ? 100 : 1) * kMillisecond));
    sum.Add(part);
    sum.Bound(1000, 20);
    EXPECT_LE(sum.profile().threads().size(), 20u);
  }
  EXPECT_EQ(WallOf(sum.profile()), 149 * kMillisecond);
  EXPECT_TRUE(std::any_of(sum.profile().threads().begin(), sum.profile().threads().end(),
                          [](const ThreadInfo& thread) { return thread.tid == 103; }));
}

TEST(LiveProfile, HasAllAndTheLastSeconds) {
  LiveProfile live({.pid = 42});
  EXPECT_TRUE(live.is_empty());
  EXPECT_EQ(live.Make(0).targets()[0].pid, 42) << "before anything was sampled";
  for (uint64_t i = 1; i <= 1000; ++i) live.Add(PartOf(i, FullProfile()));
  EXPECT_EQ(live.Make(0).duration(), 250 * kSecond);
  EXPECT_EQ(live.Make(5 * kSecond).duration(), 5 * kSecond);
  EXPECT_EQ(live.Make(kSecond).duration(), kSecond);
  EXPECT_EQ(live.Make(1).duration(), 250 * kMillisecond) << "a part at the least";
  EXPECT_GE(live.Make(LiveProfile::kLongestWindow).duration(), LiveProfile::kLongestWindow);
  EXPECT_DOUBLE_EQ(live.Make(5 * kSecond).AchievedHz(), 100);
}

TEST(LiveProfile, ForgetsWhatWasBeforeAReset) {
  LiveProfile live({.pid = 42});
  live.Add(PartOf(1, FullProfile()));
  live.Reset(3);
  EXPECT_TRUE(live.is_empty());
  live.Add(PartOf(2, FullProfile()));
  EXPECT_EQ(live.Make(0).duration(), 0);
  live.Add(PartOf(3, FullProfile()));
  EXPECT_EQ(live.Make(0).duration(), 250 * kMillisecond);
}

TEST(LiveProfile, AnExecMakesAnotherTarget) {
  LiveProfile live({.pid = 42});
  live.Add(PartOf(1, FullProfile()));
  live.Add(PartOf(2, SmallProfile(42, "new")));
  EXPECT_THAT(live.Make(0).targets(), SizeIs(2));
  EXPECT_EQ(live.Make(100 * kMillisecond).targets().back().python_version, "3.13.0");
}

}  // namespace
}  // namespace spyhop
