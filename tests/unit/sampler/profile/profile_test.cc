#include "sampler/profile/profile.h"

#include <gtest/gtest.h>

namespace spyhop {
namespace {

StackId StackOf(Profile& profile, std::string_view function) {
  const Frame frame{.function = profile.strings().Intern(function), .line = 1};
  const FrameId id = profile.frames().Intern(frame);
  return profile.stacks().Push(kNoStack, id);
}

TEST(Profile, CountsASampleOnceEverywhere) {
  Profile profile;
  profile.AddTarget({.pid = 7});
  const ThreadIndex thread = profile.AddThread({.tid = 8});
  profile.Add({.thread = thread,
               .stack = StackOf(profile, "f"),
               .time_class = TimeClass::kNative,
               .weight = 30,
               .cpu = 20,
               .truncated = SampleErrorCode::kTooDeep});
  EXPECT_EQ(profile.figures().samples, 1u);
  EXPECT_EQ(profile.figures().truncated[static_cast<size_t>(SampleErrorCode::kTooDeep)], 1u);
  EXPECT_EQ(profile.thread(thread).observed, 30);
  EXPECT_EQ(profile.thread(thread).times[TimeClass::kNative], 30);
  EXPECT_EQ(profile.thread(thread).times.cpu, 20);
  ASSERT_EQ(profile.buckets().size(), 1u);
  EXPECT_EQ(profile.buckets().begin()->second.samples, 1u);
}

TEST(Profile, KeepsTheTimeOfALostSampleWithItsThread) {
  Profile profile;
  profile.AddTarget({});
  const ThreadIndex thread = profile.AddThread({});
  profile.AddLost({.thread = thread, .time_class = TimeClass::kWait, .weight = 5},
                  SampleErrorCode::kChanged);
  EXPECT_EQ(profile.figures().samples, 0u);
  EXPECT_EQ(profile.figures().lost[static_cast<size_t>(SampleErrorCode::kChanged)], 1u);
  EXPECT_EQ(profile.thread(thread).observed, 5);
  EXPECT_EQ(profile.thread(thread).times[TimeClass::kWait], 5);
  EXPECT_TRUE(profile.buckets().empty());
}

TEST(Profile, SeparatesBucketsByClass) {
  Profile profile;
  profile.AddTarget({});
  const ThreadIndex thread = profile.AddThread({});
  const StackId stack = StackOf(profile, "f");
  for (const TimeClass c : {TimeClass::kIdle, TimeClass::kPython, TimeClass::kIdle}) {
    profile.Add({.thread = thread, .stack = stack, .time_class = c, .weight = 1});
  }
  const Profile::Key idle{thread, stack, StringId{}, TimeClass::kIdle};
  EXPECT_EQ(profile.buckets().at(idle).samples, 2u);
  EXPECT_EQ(profile.buckets().size(), 2u);
}

Profile OneTarget(int pid, std::string_view function, absl::Time start, Nanos duration) {
  Profile profile;
  profile.AddTarget({.pid = pid});
  const ThreadIndex thread = profile.AddThread({.tid = pid + 1});
  profile.Add({.thread = thread, .stack = StackOf(profile, function), .weight = 10});
  profile.figures().rounds = 100;
  profile.figures().stops.Add(7);
  profile.set_start(start);
  profile.set_duration(duration);
  return profile;
}

TEST(Profile, MergesTargetsWithoutMixingThem) {
  const absl::Time start = absl::FromUnixSeconds(1000);
  Profile merged;
  merged.Merge(OneTarget(10, "f", start, kSecond));
  merged.Merge(OneTarget(20, "g", start + absl::Seconds(1), kSecond));
  ASSERT_EQ(merged.targets().size(), 2u);
  ASSERT_EQ(merged.threads().size(), 2u);
  EXPECT_EQ(merged.targets()[merged.threads()[1].target].pid, 20);
  for (const auto& [key, times] : merged.buckets()) {
    const Frame& frame = merged.frames().Get(merged.stacks().Leaf(key.stack));
    const bool first = merged.thread(key.thread).tid == 11;
    EXPECT_EQ(merged.strings().Get(frame.function), first ? "f" : "g");
    EXPECT_EQ(times.samples, 1u);
  }
  EXPECT_EQ(merged.figures().samples, 2u);
  EXPECT_EQ(merged.figures().stops.count(), 2u);
}

TEST(Profile, MergedRateIsThatOfEachTarget) {
  const absl::Time start = absl::FromUnixSeconds(1000);
  Profile merged;
  merged.Merge(OneTarget(10, "f", start, kSecond));
  merged.Merge(OneTarget(20, "g", start + absl::Milliseconds(500), kSecond));
  EXPECT_EQ(merged.start(), start);
  EXPECT_EQ(merged.duration(), kSecond * 3 / 2);
  EXPECT_DOUBLE_EQ(merged.AchievedHz(), 100);
}

}  // namespace
}  // namespace spyhop
