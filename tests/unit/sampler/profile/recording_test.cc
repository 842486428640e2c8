// What is read from a recording is what was sampled.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "tests/unit/sampler/profile/recorded.h"

namespace spyhop {
namespace {

using ::testing::Contains;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// A profile's sums by names instead of ids.
using Place = std::tuple<std::string, std::string, std::string, std::string>;
std::map<Place, std::vector<Nanos>> SumsOf(const Profile& profile) {
  std::map<Place, std::vector<Nanos>> sums;
  for (const auto& [key, times] : profile.buckets()) {
    std::string stack;
    for (const FrameId id : profile.stacks().Frames(key.stack)) {
      const Frame& frame = profile.frames().Get(id);
      stack += std::string(profile.strings().Get(frame.function)) + ":" +
               std::to_string(frame.line) + ";";
    }
    std::vector<Nanos>& sum = sums[{profile.thread(key.thread).name, stack,
                                    std::string(profile.strings().Get(key.wait_reason)),
                                    std::string(Name(key.time_class))}];
    sum.assign(times.by_class.begin(), times.by_class.end());
    sum.push_back(times.cpu);
    sum.push_back(static_cast<Nanos>(times.samples));
    sum.push_back(static_cast<Nanos>(times.idle_samples));
  }
  return sums;
}

Nanos TimeOf(const Profile& profile) {
  Nanos sum = 0;
  for (const auto& [key, times] : profile.buckets()) sum += times.Wall(true);
  return sum;
}

TEST(Recording, GivesTheSumsThatWereSampled) {
  Recorded recorded;
  recorded.Fill(3);
  recorded.Finish(3 * kSecond);
  Profile read;
  ASSERT_TRUE(ReadText(recorded.File(), read).ok());
  const Profile& was = recorded.profile();
  EXPECT_EQ(SumsOf(read), SumsOf(was));
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(read.threads()[i].name, was.threads()[i].name);
    EXPECT_EQ(read.threads()[i].tid, was.threads()[i].tid);
    EXPECT_EQ(read.threads()[i].python, was.threads()[i].python);
    EXPECT_EQ(read.threads()[i].observed, was.threads()[i].observed);
    EXPECT_THAT(read.threads()[i].times.by_class,
                ElementsAreArray(was.threads()[i].times.by_class));
    EXPECT_EQ(read.threads()[i].times.cpu, was.threads()[i].times.cpu);
  }
}

TEST(Recording, GivesTargetAndFigures) {
  Recorded recorded;
  recorded.Fill(1);
  recorded.Finish(kSecond);
  Profile read;
  ASSERT_TRUE(ReadText(recorded.File(), read).ok());
  ASSERT_THAT(read.targets(), SizeIs(1));
  EXPECT_EQ(read.targets()[0].pid, 42);
  EXPECT_THAT(read.targets()[0].command, ElementsAreArray({"python3", "app.py"}));
  EXPECT_EQ(read.targets()[0].python_version, "3.11.2");
  const SamplingFigures& figures = read.figures();
  const SamplingFigures& were = recorded.profile().figures();
  EXPECT_EQ(figures.rate_hz, 100);
  EXPECT_EQ(figures.pause_mode, "auto");
  EXPECT_EQ(figures.rounds, were.rounds);
  EXPECT_EQ(figures.samples, were.samples);
  EXPECT_EQ(figures.late_rounds, 3u);
  EXPECT_EQ(figures.truncated, were.truncated);
  EXPECT_EQ(figures.lost, were.lost);
  EXPECT_EQ(figures.own_cpu, 5 * kMillisecond);
  EXPECT_EQ(figures.own_peak_rss_bytes, 12'000'000u);
  EXPECT_EQ(figures.stops.count(), 2u);
  EXPECT_EQ(figures.stops.total(), 40 * kMicrosecond);
  EXPECT_EQ(figures.stops.max(), 31 * kMicrosecond);
  EXPECT_EQ(figures.stops.Percentile(0.5), were.stops.Percentile(0.5));
  EXPECT_EQ(read.start(), recorded.profile().start());
  EXPECT_EQ(read.duration(), kSecond);
}

TEST(Recording, GivesTheTimeline) {
  Recorded recorded(0, true);
  recorded.Fill(2);
  recorded.Finish(2 * kSecond);
  Profile read;
  ASSERT_TRUE(ReadText(recorded.File(), read, {}, true).ok());
  const auto spans = [](const Profile& profile) {
    std::map<std::tuple<uint32_t, Nanos>, Nanos> found;
    for (const Profile::Span& span : profile.timeline()) {
      found[{static_cast<uint32_t>(span.place.thread), span.begin}] = span.length();
    }
    return found;
  };
  EXPECT_EQ(spans(read), spans(recorded.profile()));
}

TEST(Recording, OfSeveralTargetsIsOneProfile) {
  Recorded first(0);
  Recorded second(1);
  first.Fill(1);
  second.Fill(2);
  first.Finish(kSecond);
  second.Finish(2 * kSecond);
  std::string file(recording::kMagic);
  for (const std::string& message : first.messages()) file += PackBlock(message);
  for (const std::string& message : second.messages()) file += PackBlock(message);
  Profile read;
  ASSERT_TRUE(ReadText(file, read).ok());
  EXPECT_THAT(read.targets(), SizeIs(2));
  EXPECT_EQ(read.threads()[3].target, 1u);
  EXPECT_EQ(read.figures().samples,
            first.profile().figures().samples + second.profile().figures().samples);
  EXPECT_EQ(TimeOf(read), TimeOf(first.profile()) + TimeOf(second.profile()));
  EXPECT_EQ(read.figures().own_cpu, 5 * kMillisecond) << "each one's is the whole profiler's";
}

// Wherever the profiler was killed.
TEST(Recording, CutAnywhereGivesWhatComesBefore) {
  Recorded recorded;
  recorded.Fill(3);
  recorded.Finish(3 * kSecond);
  const std::string file = recorded.File();
  uint64_t samples = 0;
  for (size_t size = 0; size < file.size(); ++size) {
    Profile read;
    const absl::Status status = ReadText(std::string_view(file).substr(0, size), read);
    if (size < recording::kMagic.size()) {
      EXPECT_TRUE(absl::IsInvalidArgument(status)) << size;
    } else {
      EXPECT_TRUE(absl::IsOutOfRange(status)) << size << ": " << status;
    }
    EXPECT_GE(read.figures().samples, samples);
    samples = read.figures().samples;
  }
  EXPECT_GE(samples, 490u) << "only what is in the last block is missing";
}

TEST(Recording, TellsDamage) {
  Recorded recorded;
  recorded.Fill(2);
  recorded.Finish(2 * kSecond);
  std::string file = recorded.File();
  const size_t second_block = recording::kMagic.size() + PackBlock(recorded.messages()[0]).size();
  file[second_block + 40] = static_cast<char>(file[second_block + 40] ^ 4);
  Profile read;
  EXPECT_TRUE(absl::IsDataLoss(ReadText(file, read)));
  EXPECT_GT(read.figures().samples, 0u) << "what comes before the damage";
}

TEST(Recording, KnowsItsVersion) {
  std::string file(recording::kMagic);
  file.back() = 2;
  Profile read;
  const absl::Status status = ReadText(file, read);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("another version"));
  EXPECT_TRUE(absl::IsInvalidArgument(ReadText("PNG and not a recording", read)));
}

TEST(Recording, PartsAddUpToTheWhole) {
  Recorded recorded;
  recorded.Fill(3);
  recorded.Finish(3 * kSecond);
  const std::string file = recorded.File();
  constexpr Nanos kCut = 1'234 * kMillisecond;
  Profile begin;
  Profile end;
  ASSERT_TRUE(ReadText(file, begin, {.to = kCut}).ok());
  ASSERT_TRUE(ReadText(file, end, {.from = kCut}).ok());
  EXPECT_EQ(begin.duration(), kCut);
  EXPECT_EQ(end.duration(), 3 * kSecond - kCut);
  EXPECT_EQ(end.start(), recorded.profile().start() + absl::Nanoseconds(kCut));
  // Moves and factors are cut to whole nanoseconds in both.
  EXPECT_NEAR(static_cast<double>(TimeOf(begin) + TimeOf(end)),
              static_cast<double>(TimeOf(recorded.profile())), 100);
  EXPECT_EQ(begin.figures().samples + end.figures().samples, recorded.profile().figures().samples);
  EXPECT_NEAR(static_cast<double>(begin.figures().samples) / 600, 1.234 / 3, 0.01);
}

TEST(Recording, SamplesOfAThreadAtRestTakeOneEvent) {
  Recorded recorded;
  const ThreadIndex thread = recorded.profile().AddThread({.tid = 44, .name = "sleeper"});
  const StackId stack = recorded.StackOf({"main", "sleep"});
  for (int i = 1; i <= 3600 * 20; ++i) {
    recorded.profile().Add({.thread = thread,
                            .stack = stack,
                            .time_class = TimeClass::kWait,
                            .weight = 50 * kMillisecond,
                            .end = Recorded::kBegin + i * 50 * kMillisecond,
                            .count = 5});
  }
  recorded.Finish(3600 * kSecond);
  EXPECT_LT(recorded.File().size(), 2'000'000u) << "an hour's";
  Profile read;
  ASSERT_TRUE(ReadText(recorded.File(), read).ok());
  EXPECT_EQ(read.figures().samples, recorded.profile().figures().samples);
  EXPECT_EQ(TimeOf(read), TimeOf(recorded.profile()));
}

}  // namespace
}  // namespace spyhop
