#include "report/sample_series.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/report/full_profile.h"
#include "tests/unit/report/timeline_profile.h"

namespace spyhop {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Nanos kTick = 10 * kMillisecond;

struct Sum {
  Nanos time = 0;
  uint64_t samples = 0;
  friend bool operator==(const Sum&, const Sum&) = default;
  friend void PrintTo(const Sum& sum, std::ostream* out) {
    *out << sum.time << " ns, " << sum.samples << " samples";
  }
};
using Sums = std::map<std::string, Sum>;

std::string Describe(const Profile& profile, const Profile::Key& place) {
  return absl::StrCat(profile.thread(place.thread).tid, " ", StackText(profile, place.stack), " ",
                      AbslView(Name(place.time_class)), " ",
                      AbslView(profile.strings().Get(place.wait_reason)));
}

Sums OfBuckets(const Profile& profile, bool idle) {
  Sums sums;
  for (const auto& [place, times] : profile.buckets()) {
    if (times.Wall(idle) == 0 && times.Samples(idle) == 0) continue;
    Sum& sum = sums[Describe(profile, place)];
    sum.time += times.Wall(idle);
    sum.samples += times.Samples(idle);
  }
  return sums;
}

Sums OfSeries(const Profile& profile, const ViewOptions& options) {
  const SampleSeries series(profile, options);
  Sums sums;
  for (const ThreadIndex thread : series.Threads()) {
    for (const SampleSlice& slice : series.Of(thread)) {
      const Profile::Key place{thread, slice.stack, slice.wait_reason, slice.time_class};
      Sum& sum = sums[Describe(profile, place)];
      sum.time += slice.length;
      sum.samples += slice.count;
    }
  }
  return sums;
}

void ExpectInOrder(const std::vector<SampleSlice>& slices) {
  Nanos end = 0;
  for (const SampleSlice& slice : slices) {
    EXPECT_GE(slice.begin, end);
    EXPECT_GE(slice.length, 0);
    end = slice.end();
  }
}

std::vector<std::string> StackTexts(const Profile& profile, const ViewOptions& options,
                                    ThreadIndex thread) {
  std::vector<std::string> texts;
  for (const SampleSlice& slice : SampleSeries(profile, options).Of(thread)) {
    texts.push_back(StackText(profile, slice.stack));
  }
  return texts;
}

TEST(SampleSeries, AddsUpToTheBucketsToTheNanosecondAndTheSample) {
  for (const bool idle : {false, true}) {
    const ViewOptions options{.idle = idle};
    const Profile profile = TimelineProfile();
    EXPECT_EQ(OfSeries(profile, options), OfBuckets(profile, idle));
    const Profile without_timeline = FullProfile();
    EXPECT_EQ(OfSeries(without_timeline, options), OfBuckets(without_timeline, idle));
    Profile merged = FullProfile();
    merged.Merge(TimelineProfile());
    EXPECT_EQ(OfSeries(merged, options), OfBuckets(merged, idle));
  }
}

TEST(SampleSeries, IsInOrderOfTimeAndDoesNotOverlap) {
  const Profile profile = TimelineProfile();
  const ViewOptions options{.idle = true};
  const SampleSeries series(profile, options);
  ASSERT_THAT(series.Threads(), ElementsAre(ThreadIndex{0}, ThreadIndex{1}));
  for (const ThreadIndex thread : series.Threads()) ExpectInOrder(series.Of(thread));
}

// Nothing is off by more than the span that is dealt out and 1/200 of the duration.
TEST(SampleSeries, StaysNearTheSpans) {
  const Profile profile = TimelineProfile();
  const std::vector<SampleSlice> slices = SampleSeries(profile, {}).Of(ThreadIndex{0});
  const auto saving = std::find_if(slices.begin(), slices.end(), [&](const SampleSlice& slice) {
    return StackText(profile, slice.stack) == "<module>;save";
  });
  ASSERT_NE(saving, slices.end());
  EXPECT_GE(saving->begin, 350 * kMillisecond);
  EXPECT_LT(saving->begin, 380 * kMillisecond);
  EXPECT_GT(saving->begin, (saving - 1)->end());
}

class SampleSeriesTest : public testing::Test {
 protected:
  SampleSeriesTest() { profile_.set_duration(kSecond); }

  Profile profile_;
  TimelineBuilder timeline_{profile_};
  const ThreadIndex thread_ = profile_.AddThread({.tid = 1, .name = "t"});
  const FrameId f_ = AddFrame(profile_, "a.py", 1, "f");
  const FrameId g_ = AddFrame(profile_, "a.py", 2, "g");
  const FrameId h_ = AddFrame(profile_, "a.py", 3, "h");
};

TEST_F(SampleSeriesTest, HasTheSpansWhereNothingHasChangedThem) {
  timeline_.Pause(thread_, 3);
  timeline_.Add(thread_, {f_}, TimeClass::kPython, 10);
  timeline_.Add(thread_, {f_, g_}, TimeClass::kWait, 20, "read pipe");
  timeline_.Pause(thread_, 100);
  timeline_.Add(thread_, {f_}, TimeClass::kPython, 7);
  const std::vector<SampleSlice> slices = SampleSeries(profile_, {}).Of(thread_);
  ASSERT_EQ(slices.size(), 3u);
  EXPECT_EQ(slices[0].begin, 3);
  EXPECT_EQ(slices[0].length, 10);
  EXPECT_EQ(slices[1].begin, 13);
  EXPECT_EQ(slices[1].length, 20);
  EXPECT_EQ(slices[1].time_class, TimeClass::kWait);
  EXPECT_EQ(profile_.strings().Get(slices[1].wait_reason), "read pipe");
  EXPECT_EQ(slices[1].count, 1u);
  EXPECT_EQ(slices[2].begin, 133);
  EXPECT_EQ(slices[2].length, 7);
}

TEST(SampleSeries, WithoutATimelineWalksTheCallTree) {
  Profile profile;
  const ThreadIndex thread = profile.AddThread({.tid = 1});
  const FrameId f = AddFrame(profile, "a.py", 1, "f");
  const FrameId g = AddFrame(profile, "a.py", 2, "g");
  const FrameId h = AddFrame(profile, "a.py", 3, "h");
  for (const std::vector<FrameId>& frames :
       std::vector<std::vector<FrameId>>{{f, g}, {g}, {f}, {g, f}, {f, g, h}, {f, h}}) {
    profile.Add(MakeSample(profile, thread, frames, TimeClass::kPython, kTick));
  }
  EXPECT_THAT(StackTexts(profile, {}, thread), ElementsAre("f", "f;g", "f;g;h", "f;h", "g", "g;f"));
  const std::vector<SampleSlice> slices = SampleSeries(profile, {}).Of(thread);
  for (size_t i = 0; i < slices.size(); ++i) {
    EXPECT_EQ(slices[i].begin, static_cast<Nanos>(i) * kTick);
  }
}

TEST_F(SampleSeriesTest, TimeOfAnotherClassIsWhereTheSpansAre) {
  for (int i = 0; i < 20; ++i) {
    timeline_.Add(thread_, {f_}, TimeClass::kPython, kTick);
    timeline_.Add(thread_, {g_}, TimeClass::kPython, kTick);
  }
  Profile::Key place{thread_, profile_.stacks().Intern({g_}), StringId{}, TimeClass::kPython};
  profile_.Move(place, TimeClass::kRunQueue, 5 * kTick);
  std::vector<Nanos> begins;
  for (const SampleSlice& slice : SampleSeries(profile_, {}).Of(thread_)) {
    if (slice.time_class != TimeClass::kRunQueue) continue;
    EXPECT_EQ(slice.stack, place.stack);
    EXPECT_EQ(slice.count, 0u);
    begins.push_back(slice.begin);
  }
  ASSERT_EQ(begins.size(), 5u);
  for (size_t i = 1; i < begins.size(); ++i) EXPECT_EQ(begins[i] - begins[i - 1], 8 * kTick);
}

TEST_F(SampleSeriesTest, SpansOfAClassThatHasGainedTimeKeepTheirLength) {
  for (int i = 0; i < 20; ++i) {
    timeline_.Add(thread_, {f_}, i == 10 ? TimeClass::kKernel : TimeClass::kPython, kTick);
  }
  Profile::Key place{thread_, profile_.stacks().Intern({f_}), StringId{}, TimeClass::kPython};
  profile_.Move(place, TimeClass::kKernel, 5 * kTick);
  int kernel = 0;
  for (const SampleSlice& slice : SampleSeries(profile_, {}).Of(thread_)) {
    if (slice.time_class != TimeClass::kKernel) continue;
    EXPECT_LE(slice.length, kTick);
    ++kernel;
  }
  EXPECT_EQ(kernel, 6);
}

TEST_F(SampleSeriesTest, LongerSlicesDoNotOverlapWhatFollowsAPause) {
  timeline_.Add(thread_, {f_}, TimeClass::kPython, kTick);
  timeline_.Pause(thread_, kTick);
  timeline_.Add(thread_, {g_}, TimeClass::kPython, kTick);
  Sample unseen = MakeSample(profile_, thread_, {f_}, TimeClass::kPython, 3 * kTick);
  unseen.count = 0;
  profile_.Add(unseen);
  const std::vector<SampleSlice> slices = SampleSeries(profile_, {}).Of(thread_);
  ExpectInOrder(slices);
  ASSERT_EQ(slices.size(), 2u);
  EXPECT_EQ(slices[0].length, 4 * kTick);
  EXPECT_EQ(slices[1].begin, 4 * kTick);
}

TEST_F(SampleSeriesTest, IdleTimeLeftOutIsAGap) {
  timeline_.Add(thread_, {f_}, TimeClass::kPython, kTick);
  timeline_.Add(thread_, {f_, g_}, TimeClass::kIdle, kTick, "epoll_wait");
  timeline_.Add(thread_, {f_}, TimeClass::kPython, kTick);
  const std::vector<SampleSlice> slices = SampleSeries(profile_, {}).Of(thread_);
  ASSERT_EQ(slices.size(), 2u);
  EXPECT_EQ(slices[1].begin, 2 * kTick);
  EXPECT_THAT(StackTexts(profile_, {.idle = true}, thread_), ElementsAre("f", "f;g", "f"));
}

TEST_F(SampleSeriesTest, KeepsWhatTheFilterKeeps) {
  timeline_.Add(thread_, {f_, g_}, TimeClass::kPython, kTick);
  timeline_.Add(thread_, {h_}, TimeClass::kPython, kTick);
  timeline_.Add(thread_, {f_, g_, h_}, TimeClass::kPython, kTick);
  EXPECT_THAT(StackTexts(profile_, {.filter = *Filter::Create({.function = "g"})}, thread_),
              ElementsAre("f;g", "f;g;h"));
  const ViewOptions no_thread{.filter = *Filter::Create({.thread = "other"})};
  EXPECT_THAT(SampleSeries(profile_, no_thread).Threads(), IsEmpty());
}

}  // namespace
}  // namespace spyhop
