#include "sampler/profile/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spyhop {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Nanos kBegin = 5 * kSecond;  // of the monotonic clock

class TimelineTest : public testing::Test {
 protected:
  TimelineTest() { profile_.set_start(absl::FromUnixSeconds(1'700'000'000), kBegin); }

  static StackId StackOf(Profile& profile, std::string_view function) {
    const StringId name = profile.strings().Intern(function);
    return profile.stacks().Push(kNoStack, profile.frames().Intern({.function = name}));
  }
  void Add(ThreadIndex thread, StackId stack, Nanos end, Nanos weight) {
    profile_.Add({.thread = thread, .stack = stack, .weight = weight, .end = kBegin + end});
  }
  std::vector<Nanos> Begins() const {
    std::vector<Nanos> begins;
    for (const Profile::Span& span : profile_.timeline()) begins.push_back(span.begin);
    return begins;
  }

  Profile profile_;
  const ThreadIndex thread_ = profile_.AddThread({.tid = 1});
  const StackId stack_ = StackOf(profile_, "work");
};

TEST_F(TimelineTest, IsKeptWhenAskedFor) {
  Add(thread_, stack_, 10, 10);
  EXPECT_THAT(profile_.timeline(), IsEmpty());
  profile_.KeepTimeline();
  Add(thread_, stack_, 30, 20);
  EXPECT_THAT(Begins(), ElementsAre(10));
  EXPECT_EQ(profile_.timeline()[0].end, 30);
}

TEST_F(TimelineTest, LeavesOutTimeWithoutAnInstant) {
  profile_.KeepTimeline();
  profile_.Add({.thread = thread_, .stack = stack_, .weight = 20});
  EXPECT_THAT(profile_.timeline(), IsEmpty());
}

TEST_F(TimelineTest, SpansAddUpToWhatTheProfileSaysOfTheirStack) {
  profile_.KeepTimeline();
  Add(thread_, stack_, 100, 100);
  Add(thread_, stack_, 200, 100);
  const StackId other = StackOf(profile_, "other");
  Add(thread_, other, 300, 100);
  profile_.Add({.thread = thread_, .stack = stack_, .weight = 40, .count = 0});
  const SpanScale scale(profile_);
  EXPECT_DOUBLE_EQ(scale.Weight(profile_.timeline()[0]), 120);
  EXPECT_DOUBLE_EQ(scale.Weight(profile_.timeline()[1]), 120);
  EXPECT_DOUBLE_EQ(scale.Weight(profile_.timeline()[2]), 100);
}

TEST_F(TimelineTest, OfTwoProfilesIsThatOfTheEarlierStart) {
  profile_.KeepTimeline();
  profile_.AddTarget({.pid = 1});
  profile_.set_duration(kSecond);
  Add(thread_, stack_, 10, 10);
  Profile earlier;
  earlier.KeepTimeline();
  earlier.AddTarget({.pid = 2});
  earlier.set_start(absl::FromUnixSeconds(1'699'999'999), 1);
  earlier.set_duration(kSecond);
  const ThreadIndex thread = earlier.AddThread({.tid = 2});
  earlier.Add({.thread = thread, .stack = StackOf(earlier, "early"), .weight = 7, .end = 8});
  profile_.Merge(earlier);
  EXPECT_THAT(Begins(), ElementsAre(kSecond, 0));
  const Profile::Span& merged = profile_.timeline()[1];
  EXPECT_EQ(profile_.thread(merged.place.thread).tid, 2);
  const Frame& leaf = profile_.frames().Get(profile_.stacks().Leaf(merged.place.stack));
  EXPECT_EQ(profile_.strings().Get(leaf.function), "early");
}

}  // namespace
}  // namespace spyhop
