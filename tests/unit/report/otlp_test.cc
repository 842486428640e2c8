#include "report/otlp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/version.h"
#include "report/escape.h"
#include "tests/unit/report/full_profile.h"
#include "tests/unit/report/otlp_message.h"

namespace spyhop {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsSupersetOf;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

std::string Written(const Profile& profile, const ViewOptions& options = {},
                    const OtlpLabels& labels = {}) {
  StringSink sink;
  WriteOtlp(profile, options, labels, {}, sink);
  return sink.text();
}

Nanos Sum(const OtlpProfile& profile) {
  Nanos sum = 0;
  for (const OtlpSample& sample : profile.samples) {
    EXPECT_THAT(sample.values, SizeIs(1));
    sum += sample.values.at(0);
  }
  return sum;
}

TEST(Otlp, HasAProfileForEachKindOfTime) {
  const OtlpMessage message(Written(FullProfile()));
  ASSERT_THAT(message.profiles, SizeIs(2));
  const OtlpProfile& wall = message.profiles[0];
  EXPECT_EQ(wall.sample_type, "wall/nanoseconds");
  EXPECT_EQ(wall.period_type, "wall/nanoseconds");
  EXPECT_EQ(wall.period, 10 * kMillisecond);
  EXPECT_EQ(wall.time, uint64_t{1'700'000'000} * kSecond);
  EXPECT_EQ(wall.duration, uint64_t{250} * kMillisecond);
  EXPECT_EQ(Sum(wall), 340 * kMillisecond);
  const OtlpProfile& cpu = message.profiles[1];
  EXPECT_EQ(cpu.sample_type, "cpu/nanoseconds");
  EXPECT_EQ(cpu.period_type, "cpu/nanoseconds");
  EXPECT_EQ(Sum(cpu), 180 * kMillisecond);
  EXPECT_EQ(Sum(OtlpMessage(Written(FullProfile(), {.idle = true})).profiles[0]),
            390 * kMillisecond);
}

TEST(Otlp, TellsThreadClassAndReasonOfEachSample) {
  const OtlpMessage message(Written(FullProfile()));
  const OtlpSample& first = message.profiles.at(0).samples.at(0);
  EXPECT_THAT(first.leaf_first,
              ElementsAre("work /srv/app.py:10 [/usr/bin/python3.11] profile.frame.type=cpython",
                          "<module> /srv/app.py:1 [/usr/bin/python3.11] "
                          "profile.frame.type=cpython"));
  EXPECT_THAT(first.attributes, UnorderedElementsAre("thread.name=MainThread", "thread.id=int 42",
                                                     "spyhop.class=python"));
  EXPECT_THAT(first.values, ElementsAre(40 * kMillisecond));
  EXPECT_THAT(
      message.profiles[0].samples,
      Contains(testing::Field(
          &OtlpSample::attributes,
          UnorderedElementsAre("thread.name=MainThread", "thread.id=int 42", "spyhop.class=gil",
                               "spyhop.wait_reason=held by Thread-2 at worker.py:33"))));
}

TEST(Otlp, DescribesTheProcessAndItsLabels) {
  const OtlpLabels labels = {{"service", "checkout"}, {"container_id", "abc"}, {"env", "prod"}};
  const OtlpProfile profile = OtlpMessage(Written(FullProfile(), {}, labels)).profiles.at(0);
  EXPECT_THAT(profile.resource,
              IsSupersetOf({Pair("service.name", "checkout"), Pair("container.id", "abc"),
                            Pair("env", "prod"), Pair("process.pid", "int 42"),
                            Pair("process.executable.name", "python3.11"),
                            Pair("process.runtime.version", "3.11.2")}));
  EXPECT_EQ(profile.scope, absl::StrCat("spyhop ", Version(), " (opentelemetry-proto v1.11.0)"));
  EXPECT_EQ(OtlpMessage(Written(FullProfile())).profiles.at(0).resource.at("service.name"),
            "unknown_service:python3.11");
}

TEST(Otlp, GivesTheSameBytesAndAnIdForEachProfile) {
  EXPECT_EQ(Written(FullProfile()), Written(FullProfile()));
  Profile later = FullProfile();
  later.set_start(later.start() + absl::Nanoseconds(1));
  std::set<std::string> ids;
  for (const std::string& bytes :
       {Written(FullProfile()), Written(later), Written(FullProfile(), {}, {{"env", "prod"}})}) {
    for (const OtlpProfile& profile : OtlpMessage(bytes).profiles) {
      EXPECT_EQ(profile.id.size(), size_t{16});
      ids.insert(profile.id);
    }
  }
  EXPECT_THAT(ids, SizeIs(6));
}

TEST(Otlp, PartsAddUpToTheWhole) {
  Nanos wall = 0;
  size_t samples = 0;
  for (size_t first = 0;; first += 3) {
    StringSink sink;
    const WrittenSize size = WriteOtlp(FullProfile(), {}, {}, {.first = first, .count = 3}, sink);
    EXPECT_EQ(size.bytes, sink.text().size());
    if (size.samples == 0) break;
    samples += size.samples;
    wall += Sum(OtlpMessage(sink.text()).profiles.at(0));
  }
  EXPECT_EQ(wall, 340 * kMillisecond);
  EXPECT_GT(samples, size_t{9});
}

TEST(Otlp, KeepsProcessesApart) {
  Profile profile = FullProfile();
  profile.Merge(HostileProfile());
  const OtlpMessage message(Written(profile, {.idle = true}));
  ASSERT_THAT(message.profiles, SizeIs(4));
  EXPECT_EQ(Sum(message.profiles[0]), 390 * kMillisecond);
}

TEST(Otlp, MakesNamesHarmless) {
  const OtlpMessage message(Written(HostileProfile(), {.idle = true}, {{"x", "a\x1b[31m\xff"}}));
  for (const std::string& text : message.tables.at(5)) EXPECT_EQ(EscapeForTerminal(text), text);
  EXPECT_EQ(message.profiles.at(0).resource.at("x"), "a\\x1b[31m\uFFFD");
}

TEST(Otlp, TellsTheKindOfEachFrame) {
  Profile profile;
  profile.AddTarget({.executable = "/usr/bin/python3"});
  const ThreadIndex thread = profile.AddThread({});
  const FrameId python = AddFrame(profile, "x.py", 8, "pack");
  const FrameId native = AddFrame(profile, "/lib/libz.so.1", 0, "deflate", FrameKind::kNative);
  const FrameId kernel = AddFrame(profile, "", 0, "write", FrameKind::kKernel);
  profile.Add(MakeSample(profile, thread, {python, native, kernel}, TimeClass::kKernel, kSecond));
  EXPECT_THAT(OtlpMessage(Written(profile)).profiles.at(0).samples.at(0).leaf_first,
              ElementsAre("write [kernel]:0 [[kernel]] profile.frame.type=kernel",
                          "deflate /lib/libz.so.1:0 [/lib/libz.so.1] profile.frame.type=native",
                          "pack x.py:8 [/usr/bin/python3] profile.frame.type=cpython"));
}

TEST(OtlpAnswer, TellsWhatWasRejected) {
  const auto rejection = ReadOtlpAnswer(std::string("\x0a\x06\x08\x02\x12\x02no", 8));
  ASSERT_TRUE(rejection.has_value());
  EXPECT_EQ(rejection->profiles, 2);
  EXPECT_EQ(rejection->message, "no");
}

TEST(OtlpAnswer, IsNothingWhenAllWasTakenOrItIsGarbage) {
  EXPECT_FALSE(ReadOtlpAnswer("").has_value());
  EXPECT_FALSE(ReadOtlpAnswer(std::string("\x0a\x00", 2)).has_value());
  EXPECT_FALSE(ReadOtlpAnswer("{}").has_value());
  EXPECT_FALSE(ReadOtlpAnswer("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff").has_value());
  EXPECT_FALSE(ReadOtlpAnswer(std::string("\x0a\x7f\x08", 3)).has_value());
}

}  // namespace
}  // namespace spyhop
