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

TEST(Profile, ASampleOfManyLooksCountsThemAllAndOneOfNoneOnlyItsTime) {
  Profile profile;
  profile.AddTarget({});
  const ThreadIndex thread = profile.AddThread({});
  const StackId stack = StackOf(profile, "f");
  Sample sample{.thread = thread, .stack = stack, .time_class = TimeClass::kIdle, .weight = 40};
  sample.count = 4;
  sample.truncated = SampleErrorCode::kTooDeep;
  profile.Add(sample);
  sample.count = 0;
  profile.Add(sample);
  const Times& times = profile.buckets().at(Profile::KeyOf(sample));
  EXPECT_EQ(times.samples, 4u);
  EXPECT_EQ(times.idle_samples, 4u);
  EXPECT_EQ(times[TimeClass::kIdle], 80);
  EXPECT_EQ(profile.figures().samples, 4u);
  EXPECT_EQ(profile.figures().truncated[static_cast<size_t>(SampleErrorCode::kTooDeep)], 4u);
  EXPECT_EQ(profile.thread(thread).observed, 80);
}

// The time of one lost sample is booked in parts, by what the scheduler says of it.
TEST(Profile, ALostSampleCountsOnceThoughItsTimeComesInParts) {
  Profile profile;
  profile.AddTarget({});
  const ThreadIndex thread = profile.AddThread({});
  profile.AddLost({.thread = thread, .weight = 5, .cpu = 3}, SampleErrorCode::kNotSeen);
  profile.AddLost({.thread = thread, .time_class = TimeClass::kRunQueue, .weight = 2, .count = 0},
                  SampleErrorCode::kNotSeen);
  EXPECT_EQ(profile.figures().lost[static_cast<size_t>(SampleErrorCode::kNotSeen)], 1u);
  EXPECT_EQ(profile.thread(thread).observed, 7);
  EXPECT_EQ(profile.thread(thread).times.cpu, 3);
  EXPECT_EQ(profile.thread(thread).times.samples, 0u);
}

// A profile with one bucket of 100 wall, 80 CPU, ten samples.
struct Movable {
  Movable() {
    profile.AddTarget({});
    sample.thread = profile.AddThread({});
    sample.stack = StackOf(profile, "f");
    sample.time_class = TimeClass::kNative;
    sample.weight = 100;
    sample.cpu = 80;
    sample.count = 10;
    profile.Add(sample);
  }
  const Times* Bucket(TimeClass c) const {
    Profile::Key key = Profile::KeyOf(sample);
    key.time_class = c;
    const auto found = profile.buckets().find(key);
    return found == profile.buckets().end() ? nullptr : &found->second;
  }
  Profile profile;
  Sample sample;
};

TEST(Profile, MovesTimeWithItsShareOfCpuButNoSamples) {
  Movable of;
  of.profile.Move(Profile::KeyOf(of.sample), TimeClass::kKernel, 25);
  const Times& from = *of.Bucket(TimeClass::kNative);
  EXPECT_EQ(from[TimeClass::kNative], 75);
  EXPECT_EQ(from.cpu, 60);
  EXPECT_EQ(from.samples, 10u);
  ASSERT_NE(of.Bucket(TimeClass::kKernel), nullptr);
  const Times& to = *of.Bucket(TimeClass::kKernel);
  EXPECT_EQ(to[TimeClass::kKernel], 25);
  EXPECT_EQ(to[TimeClass::kNative], 0);
  EXPECT_EQ(to.cpu, 20);
  EXPECT_EQ(to.samples, 0u);
  const ThreadInfo& thread = of.profile.thread(of.sample.thread);
  EXPECT_EQ(thread.times[TimeClass::kNative], 75);
  EXPECT_EQ(thread.times[TimeClass::kKernel], 25);
  EXPECT_EQ(thread.times.cpu, 80);
  EXPECT_EQ(thread.observed, 100);
}

TEST(Profile, MovesNoMoreThanTheBucketHas) {
  Movable of;
  of.profile.Move(Profile::KeyOf(of.sample), TimeClass::kKernel, 1000);
  EXPECT_EQ((*of.Bucket(TimeClass::kNative))[TimeClass::kNative], 0);
  EXPECT_EQ(of.Bucket(TimeClass::kNative)->cpu, 0);
  EXPECT_EQ((*of.Bucket(TimeClass::kKernel))[TimeClass::kKernel], 100);
  EXPECT_EQ(of.profile.thread(of.sample.thread).times.Wall(true), 100);
}

TEST(Profile, MovesNothingFromWhereNothingIs) {
  Movable of;
  Profile::Key nowhere = Profile::KeyOf(of.sample);
  nowhere.time_class = TimeClass::kPython;
  of.profile.Move(nowhere, TimeClass::kKernel, 10);
  of.profile.Move(Profile::KeyOf(of.sample), TimeClass::kKernel, 0);
  of.profile.Move(Profile::KeyOf(of.sample), TimeClass::kKernel, -10);
  EXPECT_EQ(of.profile.buckets().size(), 1u);
  EXPECT_EQ((*of.Bucket(TimeClass::kNative))[TimeClass::kNative], 100);
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
