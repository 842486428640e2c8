#include "cli/daemon/push_batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/report/hostile_profile.h"

namespace spyhop {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr Nanos kMinute = 60 * kSecond;

FleetPart Part(int pid, Nanos length, absl::Time start = absl::FromUnixSeconds(1'000)) {
  auto profile = std::make_shared<Profile>();
  profile->AddTarget({.pid = pid});
  const ThreadIndex thread = profile->AddThread({.tid = pid, .name = "MainThread"});
  const FrameId frame = AddFrame(*profile, "x.py", 1, "f");
  profile->Add(MakeSample(*profile, thread, {frame}, TimeClass::kPython, length));
  profile->figures().rate_hz = 20;
  profile->set_start(start);
  profile->set_duration(length);
  FleetPart part{.profile = std::move(profile)};
  part.target.info.pid = pid;
  return part;
}

TEST(PushBatches, LetsPartsOfTheIntervalThrough) {
  PushBatches batches(kMinute);
  const FleetPart part = Part(1, kMinute - 10 * kMillisecond);
  batches.Add(part, 0);
  const std::vector<FleetPart> due = batches.TakeDue(0);
  ASSERT_THAT(due, SizeIs(1));
  EXPECT_EQ(due[0].profile, part.profile);
  EXPECT_THAT(batches.TakeDue(10 * kMinute), IsEmpty());
}

TEST(PushBatches, AddsShorterPartsUp) {
  PushBatches batches(kMinute);
  for (int i = 0; i < 6; ++i) {
    EXPECT_THAT(batches.TakeDue(i * 10 * kSecond), IsEmpty()) << i;
    const absl::Time start = absl::FromUnixSeconds(1'000 + 10 * i);
    batches.Add(Part(1, 10 * kSecond - kMillisecond, start), i * 10 * kSecond);
  }
  const std::vector<FleetPart> due = batches.TakeDue(50 * kSecond);
  ASSERT_THAT(due, SizeIs(1));
  const Profile& sum = *due[0].profile;
  EXPECT_EQ(sum.start(), absl::FromUnixSeconds(1'000));
  EXPECT_EQ(sum.figures().rate_hz, 20);
  ASSERT_THAT(sum.threads(), SizeIs(1));
  EXPECT_EQ(sum.threads()[0].times.Wall(true), 60 * kSecond - 6 * kMillisecond);
  EXPECT_EQ(sum.duration(), 60 * kSecond - 6 * kMillisecond);
}

TEST(PushBatches, DoesNotWaitForeverForTargetsThatHaveEnded) {
  PushBatches batches(kMinute);
  EXPECT_EQ(batches.NextDue(), std::nullopt);
  batches.Add(Part(1, 5 * kSecond), kSecond);
  EXPECT_EQ(batches.NextDue(), kSecond + kMinute);
  EXPECT_THAT(batches.TakeDue(kMinute), IsEmpty());
  EXPECT_THAT(batches.TakeDue(kMinute + kSecond), SizeIs(1));
}

TEST(PushBatches, KeepsTargetsAndUsesOfOnePidApart) {
  PushBatches batches(kMinute);
  FleetPart again = Part(1, kSecond);
  again.target.start_time = 9;
  for (const FleetPart& part : {Part(1, kSecond), Part(2, kSecond), again}) batches.Add(part, 0);
  EXPECT_THAT(batches.TakeAll(), SizeIs(3));
}

TEST(PushBatches, BeginsAnewWhenLabelsChange) {
  PushBatches batches(kMinute);
  batches.Add(Part(1, kSecond), 0);
  FleetPart changed = Part(1, kSecond);
  changed.target.labels["env"] = "prod";
  batches.Add(changed, 0);
  const std::vector<FleetPart> due = batches.TakeDue(0);
  ASSERT_THAT(due, SizeIs(1));
  EXPECT_THAT(due[0].target.labels, IsEmpty());
  EXPECT_THAT(batches.TakeAll(), SizeIs(1));
}

}  // namespace
}  // namespace spyhop
