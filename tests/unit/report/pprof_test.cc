#include "report/pprof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "base/version.h"
#include "report/escape.h"
#include "tests/unit/report/full_profile.h"
#include "tests/unit/report/pprof_message.h"

namespace spyhop {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

std::string Pprof(const Profile& profile, const ViewOptions& options = {}) {
  StringSink sink;
  WritePprof(profile, options, sink);
  return sink.text();
}

PprofMessage Decoded(const Profile& profile, const ViewOptions& options = {}) {
  return PprofMessage(Pprof(profile, options));
}

// The sum of each value, in milliseconds but for the samples.
std::vector<int64_t> Sums(const PprofMessage& message) {
  std::vector<int64_t> sums(message.types.size());
  for (const PprofSample& sample : message.samples) {
    for (size_t i = 0; i < sums.size(); ++i) sums[i] += sample.values.at(i);
  }
  for (size_t i = 1; i < sums.size(); ++i) sums[i] /= kMillisecond;
  return sums;
}

TEST(Pprof, HasATypeForEachKindOfTime) {
  EXPECT_THAT(
      Decoded(FullProfile()).types,
      ElementsAre("samples/count", "wall/nanoseconds", "cpu/nanoseconds", "python/nanoseconds",
                  "native/nanoseconds", "kernel/nanoseconds", "wait/nanoseconds", "gil/nanoseconds",
                  "runq/nanoseconds", "idle/nanoseconds"));
}

TEST(Pprof, AddsUpToTheProfile) {
  EXPECT_THAT(Sums(Decoded(FullProfile())), ElementsAre(19, 340, 180, 100, 70, 10, 110, 30, 20, 0));
  EXPECT_THAT(Sums(Decoded(FullProfile(), {.idle = true})),
              ElementsAre(20, 390, 181, 100, 70, 10, 110, 30, 20, 50));
}

TEST(Pprof, GivesOneSampleForEachThreadStackAndReason) {
  const PprofMessage message = Decoded(FullProfile());
  ASSERT_THAT(message.samples, SizeIs(10));
  const PprofSample& held = message.samples[1];
  EXPECT_THAT(held.leaf_first, ElementsAre("work /srv/app.py:10 [/usr/bin/python3.11]",
                                           "<module> /srv/app.py:1 [/usr/bin/python3.11]"));
  EXPECT_THAT(held.labels, ElementsAre("thread=MainThread", "thread_id=42", "pid=42",
                                       "wait_reason=held by Thread-2 at worker.py:33"));
  EXPECT_THAT(held.values, ElementsAre(1, 30'000'000, 0, 0, 0, 0, 0, 30'000'000, 0, 0));
  const PprofSample& ran = message.samples[0];
  EXPECT_EQ(ran.leaf_first, held.leaf_first);
  EXPECT_THAT(ran.values, ElementsAre(6, 90'000'000, 70'000'000, 40'000'000, 30'000'000, 0, 0, 0,
                                      20'000'000, 0));
}

TEST(Pprof, PartsAddUpToTheWhole) {
  Nanos wall = 0;
  for (size_t first = 0; first < 12; first += 4) {
    StringSink sink;
    const PprofPart part{.samples = {.first = first, .count = 4}};
    const WrittenSize size = WritePprof(FullProfile(), {}, part, sink);
    const PprofMessage message(sink.text());
    EXPECT_EQ(message.samples.size(), size.samples);
    EXPECT_EQ(Gunzip(sink.text())->size(), size.bytes);
    for (const PprofSample& sample : message.samples) wall += sample.values.at(1);
  }
  EXPECT_EQ(wall, 340 * kMillisecond);
}

TEST(Pprof, CanLeaveOutWhatStoresWouldMakeSeriesOf) {
  StringSink sink;
  WritePprof(FullProfile(), {}, {.by_stack = true}, sink);
  const PprofMessage message(sink.text());
  EXPECT_THAT(Sums(message), ElementsAre(19, 340, 180, 100, 70, 10, 110, 30, 20, 0));
  std::set<std::vector<std::string>> stacks;
  for (const PprofSample& sample : message.samples) {
    EXPECT_THAT(sample.labels, testing::IsEmpty());
    EXPECT_TRUE(stacks.insert(sample.leaf_first).second) << "a stack twice";
  }
}

TEST(Pprof, KeepsNanosecondsThatCannotBeSeconds) {
  Profile profile;
  profile.AddTarget({});
  const ThreadIndex thread = profile.AddThread({});
  const FrameId frame = AddFrame(profile, "x.py", 1, "f");
  const Nanos weight = 9'007'199'254'740'993;  // 2 to the 53rd, and one
  profile.Add(MakeSample(profile, thread, {frame}, TimeClass::kPython, weight));
  EXPECT_EQ(Decoded(profile).samples.at(0).values.at(1), weight);
}

TEST(Pprof, KeepsTheTimeOfThreadsWithoutAStack) {
  const ViewOptions options{.filter = *Filter::Create({.thread = "blas"})};
  const PprofMessage message = Decoded(FullProfile(), options);
  ASSERT_THAT(message.samples, SizeIs(2));
  EXPECT_THAT(message.samples[0].leaf_first, ElementsAre("(no stack) :0 [/usr/bin/python3.11]"));
  EXPECT_THAT(Sums(message), ElementsAre(2, 50, 40, 0, 40, 0, 10, 0, 0, 0));
}

TEST(Pprof, WritesOnlyWhatAKeptSampleRefersTo) {
  const ViewOptions options{.filter = *Filter::Create({.file = "lib.py", .thread = "Thread-2"})};
  const PprofMessage message = Decoded(FullProfile(), options);
  ASSERT_THAT(message.samples, SizeIs(1));
  EXPECT_THAT(message.samples[0].leaf_first,
              ElementsAre("recv /srv/lib.py:7 [/usr/bin/python3.11]",
                          "fib /srv/worker.py:33 [/usr/bin/python3.11]"));
  EXPECT_THAT(message.strings, Each(testing::Ne("/srv/loop.py")));
}

TEST(Pprof, HasAMappingForEachNativeModule) {
  Profile profile;
  profile.AddTarget({.executable = "/usr/bin/python3"});
  const ThreadIndex thread = profile.AddThread({});
  const FrameId python = AddFrame(profile, "x.py", 8, "pack");
  const FrameId own = AddFrame(profile, "/usr/bin/python3", 0, "PyNumber_Add", FrameKind::kNative);
  const FrameId native = AddFrame(profile, "/lib/libz.so.1", 0, "deflate", FrameKind::kNative);
  const FrameId kernel = AddFrame(profile, "", 0, "write", FrameKind::kKernel);
  profile.Add(
      MakeSample(profile, thread, {python, own, native, kernel}, TimeClass::kKernel, kSecond));
  const PprofMessage message = Decoded(profile);
  EXPECT_THAT(message.mappings,
              UnorderedElementsAre("/usr/bin/python3", "/lib/libz.so.1", "[kernel]"));
  EXPECT_THAT(
      message.samples.at(0).leaf_first,
      ElementsAre("write [kernel]:0 [[kernel]]", "deflate /lib/libz.so.1:0 [/lib/libz.so.1]",
                  "PyNumber_Add /usr/bin/python3:0 [/usr/bin/python3]",
                  "pack x.py:8 [/usr/bin/python3]"));
}

TEST(Pprof, StatesHowItWasSampled) {
  const PprofMessage message = Decoded(HostileProfile());
  EXPECT_EQ(message.numbers.at(9), 1'700'000'000 * kSecond);
  EXPECT_EQ(message.numbers.at(10), 50 * kMillisecond);
  EXPECT_EQ(message.numbers.at(12), 10 * kMillisecond);
  EXPECT_EQ(message.period_type, "wall/nanoseconds");
  EXPECT_THAT(message.comments,
              ElementsAre(absl::StrCat("spyhop ", Version()),
                          "Process 42, Python 3.11.2 (release): python3 a\\x1b[31m.py </script>",
                          HasSubstr("at 100 Hz (asked: 100 Hz)"),
                          "Late rounds: 1; truncated: 2 too-deep; lost: none",
                          HasSubstr("Target stopped 1 time"), HasSubstr("idle left out: 50 ms")));
}

TEST(Pprof, ShowsFirstWhatTheUserSortsBy) {
  EXPECT_EQ(Decoded(FullProfile()).default_type, "wall");
  EXPECT_EQ(Decoded(FullProfile(), {.sort = SortKey::kCpu}).default_type, "cpu");
  EXPECT_EQ(Decoded(FullProfile(), {.sort = SortKey::kGil}).default_type, "gil");
}

TEST(Pprof, MakesNamesHarmless) {
  const PprofMessage message = Decoded(HostileProfile(), {.idle = true});
  EXPECT_EQ(message.strings.at(0), "");
  for (const std::string& text : message.strings) EXPECT_EQ(EscapeForTerminal(text), text);
  EXPECT_THAT(message.samples.at(1).leaf_first,
              Contains("nul\\x00name /srv/漢字.py:7 [/usr/bin/python3.11]"));
  EXPECT_THAT(message.samples.back().labels, Contains("thread=工人\uFFFD"));
}

TEST(Pprof, CutsAMegabyteName) {
  Profile profile;
  profile.AddTarget({});
  const ThreadIndex thread = profile.AddThread({});
  const FrameId frame = AddFrame(profile, "x.py", 1, std::string(1 << 20, '\n'));
  profile.Add(MakeSample(profile, thread, {frame}, TimeClass::kPython, 1));
  constexpr size_t kLongest = 2 * 1000 + 3;  // each "\n" becomes two characters
  EXPECT_THAT(Decoded(profile).strings, Contains(SizeIs(kLongest)));
  EXPECT_THAT(Decoded(profile).strings, Each(SizeIs(testing::Le(kLongest))));
}

// Buckets are kept in a hash map: filled in another order, it is iterated in another order.
TEST(Pprof, IsTheSameForTheSameProfile) {
  EXPECT_EQ(Pprof(FullProfile()), Pprof(FullProfile()));
  const auto filled = [](unsigned seed) {
    Profile profile;
    profile.AddTarget({});
    const ThreadIndex thread = profile.AddThread({});
    std::vector<Sample> samples;
    for (int i = 0; i < 100; ++i) {
      const FrameId frame = AddFrame(profile, "x.py", i, "f");
      samples.push_back(MakeSample(profile, thread, {frame}, TimeClass::kPython, kSecond));
    }
    std::shuffle(samples.begin(), samples.end(), std::mt19937(seed));
    for (const Sample& sample : samples) profile.Add(sample);
    return profile;
  };
  EXPECT_EQ(Pprof(filled(1)), Pprof(filled(2)));
}

TEST(Pprof, IsWholeForAnEmptyProfile) {
  const PprofMessage message = Decoded(Profile());
  EXPECT_THAT(message.samples, IsEmpty());
  EXPECT_THAT(message.types, SizeIs(10));
}

}  // namespace
}  // namespace spyhop
