#include "sampler/sampling_clock.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/fakes/fake_clock.h"

namespace spyhop {
namespace {

constexpr Nanos kNever = std::numeric_limits<Nanos>::max();
constexpr auto kGoOn = [] { return false; };
constexpr double kPeriod = 10.0 * kMillisecond;  // 100 Hz

TEST(SamplingClock, KeepsEachInstantWithinHalfAPeriodOfItsDeadline) {
  FakeClock fake;
  const Nanos start = fake.Now();
  SamplingClock clock(fake, 100, 1);
  for (int i = 1; i <= 1000; ++i) {
    const auto since = static_cast<double>(clock.AwaitNext(kNever, kGoOn) - start);
    EXPECT_GE(since, (i - 0.5) * kPeriod - 1);
    EXPECT_LE(since, (i + 0.5) * kPeriod + 1);
  }
  EXPECT_EQ(clock.late_rounds(), 0u);
}

TEST(SamplingClock, SpreadsItsInstantsOverTheWholePeriod) {
  FakeClock fake;
  const Nanos start = fake.Now();
  SamplingClock clock(fake, 100, 7);
  constexpr int kRounds = 4000;
  int early = 0;
  for (int i = 1; i <= kRounds; ++i) {
    const auto since = static_cast<double>(clock.AwaitNext(kNever, kGoOn) - start);
    early += since < i * kPeriod;
  }
  // Half of them come before the deadline: binomial, four standard deviations.
  EXPECT_NEAR(early, kRounds / 2.0, 4 * std::sqrt(kRounds) / 2);
}

TEST(SamplingClock, SkipsInstantsThatHavePassedInsteadOfReplayingThem) {
  FakeClock fake;
  SamplingClock clock(fake, 100, 1);
  clock.AwaitNext(kNever, kGoOn);
  fake.Advance(kSecond);
  const Nanos late = clock.AwaitNext(kNever, kGoOn);
  EXPECT_EQ(clock.late_rounds(), 1u);
  EXPECT_EQ(late, fake.Now());
  EXPECT_GT(clock.lateness(), kSecond - 2 * static_cast<Nanos>(kPeriod));
  const Nanos next = clock.AwaitNext(kNever, kGoOn);
  EXPECT_GT(next, late) << "the hundred missed instants must not follow back to back";
  EXPECT_EQ(clock.late_rounds(), 1u);
}

TEST(SamplingClock, CountsRoundsThatBeginMoreThanHalfAPeriodLate) {
  FakeClock fake;
  fake.set_oversleep(static_cast<Nanos>(kPeriod * 0.6));
  SamplingClock clock(fake, 100, 3);
  for (int i = 0; i < 10; ++i) clock.AwaitNext(kNever, kGoOn);
  EXPECT_GT(clock.late_rounds(), 0u);
}

TEST(SamplingClock, NeverSleepsBeyondTheLimit) {
  FakeClock fake;
  const Nanos limit = fake.Now() + kMillisecond;
  SamplingClock clock(fake, 1, 1);
  EXPECT_EQ(clock.AwaitNext(limit, kGoOn), limit);
}

TEST(SamplingClock, ALongSleepEndsSoonAfterItIsToldTo) {
  FakeClock fake;
  const Nanos start = fake.Now();
  SamplingClock clock(fake, 0.1, 1);
  EXPECT_LE(clock.AwaitNext(kNever, [] { return true; }) - start, 100 * kMillisecond);
}

TEST(SamplingClock, APauseMakesNoRoundLate) {
  FakeClock fake;
  SamplingClock clock(fake, 100, 1);
  for (int i = 0; i < 5; ++i) clock.AwaitNext(kNever, kGoOn);
  fake.Advance(kSecond);
  clock.BeginAnew();
  const Nanos again = fake.Now();
  const Nanos next = clock.AwaitNext(kNever, kGoOn);
  EXPECT_GE(static_cast<double>(next - again), kPeriod / 2 - 1);
  EXPECT_LE(static_cast<double>(next - again), 1.5 * kPeriod + 1);
  EXPECT_EQ(clock.late_rounds(), 0u);
}

}  // namespace
}  // namespace spyhop
