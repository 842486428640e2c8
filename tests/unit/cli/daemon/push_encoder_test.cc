#include "cli/daemon/push_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/daemon/push_figures.h"
#include "tests/unit/report/full_profile.h"
#include "tests/unit/report/otlp_message.h"
#include "tests/unit/report/pprof_message.h"

namespace spyhop {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

FleetPart Part(Profile profile) {
  FleetPart part{.profile = std::make_shared<const Profile>(std::move(profile))};
  part.target.rule = "web";
  return part;
}

const PushTarget kPyroscope{.url = "http://s"};
const PushTarget kOtlp{.type = PushTarget::Type::kOtlp, .url = "http://s"};

TEST(PushEncoder, WritesPprofForPyroscope) {
  const EncodedProfile encoded = EncodeForPush(Part(FullProfile()), kPyroscope);
  ASSERT_THAT(encoded.requests, SizeIs(1));
  EXPECT_THAT(encoded.requests[0].url, HasSubstr("http://s/ingest?name=web%7B%7D&from=1700000000&"
                                                 "until=1700000001&sampleRate=100&"));
  EXPECT_EQ(encoded.requests[0].start, absl::FromUnixSeconds(1'700'000'000));
  const PprofMessage message(encoded.requests[0].body);
  EXPECT_THAT(message.samples, testing::Each(testing::Field(&PprofSample::labels, IsEmpty())));
}

TEST(PushEncoder, WritesOtlpForOthers) {
  const EncodedProfile encoded = EncodeForPush(Part(FullProfile()), kOtlp);
  ASSERT_THAT(encoded.requests, SizeIs(1));
  EXPECT_EQ(encoded.requests[0].url, "http://s/v1development/profiles");
  const OtlpMessage message(*Gunzip(encoded.requests[0].body));
  EXPECT_EQ(message.profiles.at(0).resource.at("service.name"), "web");
}

TEST(PushEncoder, PrefersATargetsOwnLabels) {
  PushTarget target = kOtlp;
  target.labels = {{"service", "default"}, {"env", "prod"}, {"zone", "a"}};
  FleetPart part = Part(FullProfile());
  part.target.labels = {{"service", "shop"}, {"zone", "b"}};
  const OtlpMessage message(*Gunzip(EncodeForPush(part, target).requests.at(0).body));
  const auto& resource = message.profiles.at(0).resource;
  EXPECT_EQ(resource.at("service.name"), "shop");
  EXPECT_EQ(resource.at("zone"), "b");
  EXPECT_EQ(resource.at("env"), "prod");
}

TEST(PushEncoder, SplitsWhatIsTooLarge) {
  for (const PushLimits& limits : {PushLimits{.samples = 2}, PushLimits{.bytes = 1000}}) {
    const EncodedProfile encoded = EncodeForPush(Part(FullProfile()), kPyroscope, limits);
    EXPECT_GT(encoded.requests.size(), size_t{1});
    EXPECT_EQ(encoded.too_large, size_t{0});
    Nanos wall = 0;
    for (const PushRequest& request : encoded.requests) {
      EXPECT_LE(Gunzip(request.body)->size(), limits.bytes);
      const PprofMessage message(request.body);
      EXPECT_LE(message.samples.size(), limits.samples);
      for (const PprofSample& sample : message.samples) wall += sample.values.at(1);
    }
    EXPECT_EQ(wall, 340 * kMillisecond);
  }
}

TEST(PushEncoder, CountsWhatCannotBeSplit) {
  const EncodedProfile encoded = EncodeForPush(Part(FullProfile()), kOtlp, {.bytes = 100});
  EXPECT_THAT(encoded.requests, IsEmpty());
  EXPECT_GT(encoded.too_large, size_t{9});
}

TEST(PushEncoder, SendsNothingOfAnIdleProcess) {
  Profile profile;
  profile.AddTarget({});
  const ThreadIndex thread = profile.AddThread({});
  profile.Add(MakeSample(profile, thread, {}, TimeClass::kIdle, kSecond, "epoll_wait"));
  const FleetPart part = Part(std::move(profile));
  for (const PushTarget& target : {kPyroscope, kOtlp}) {
    EXPECT_THAT(EncodeForPush(part, target).requests, IsEmpty());
  }
}

TEST(PushFigures, AreWholeFamiliesOfMetrics) {
  PushFigures figures{.target = "a\"b", .sent = 3};
  figures[PushDrop::kSpoolFull] = 2;
  const std::string text = PushMetrics({figures, PushFigures{.target = "other"}});
  EXPECT_THAT(text, HasSubstr("# TYPE spyhop_push_sent_total counter\n"
                              "spyhop_push_sent_total{target=\"a\\\"b\"} 3\n"
                              "spyhop_push_sent_total{target=\"other\"} 0\n"));
  EXPECT_THAT(text,
              HasSubstr("spyhop_push_dropped_total{target=\"a\\\"b\",cause=\"spool-full\"} 2"));
  EXPECT_EQ(PushMetrics({}), "");
}

}  // namespace
}  // namespace spyhop
