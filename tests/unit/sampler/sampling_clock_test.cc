#include "sampler/sampling_clock.h"

#include <gtest/gtest.h>

#include <atomic>
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
  const std::atomic<double> rate{100};
  SamplingClock clock(fake, rate, 1);
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
  const std::atomic<double> rate{100};
  SamplingClock clock(fake, rate, 7);
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
  const std::atomic<double> rate{100};
  SamplingClock clock(fake, rate, 1);
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
  const std::atomic<double> rate{100};
  SamplingClock clock(fake, rate, 3);
  for (int i = 0; i < 10; ++i) clock.AwaitNext(kNever, kGoOn);
  EXPECT_GT(clock.late_rounds(), 0u);
}

TEST(SamplingClock, NeverSleepsBeyondTheLimit) {
  FakeClock fake;
  const Nanos limit = fake.Now() + kMillisecond;
  const std::atomic<double> rate{1};
  SamplingClock clock(fake, rate, 1);
  EXPECT_EQ(clock.AwaitNext(limit, kGoOn), limit);
}

TEST(SamplingClock, ALongSleepEndsSoonAfterItIsToldTo) {
  FakeClock fake;
  const Nanos start = fake.Now();
  const std::atomic<double> rate{0.1};
  SamplingClock clock(fake, rate, 1);
  EXPECT_LE(clock.AwaitNext(kNever, [] { return true; }) - start, 100 * kMillisecond);
}

TEST(SamplingClock, APauseMakesNoRoundLate) {
  FakeClock fake;
  const std::atomic<double> rate{100};
  SamplingClock clock(fake, rate, 1);
  for (int i = 0; i < 5; ++i) clock.AwaitNext(kNever, kGoOn);
  fake.Advance(kSecond);
  clock.BeginAnew();
  const Nanos again = fake.Now();
  const Nanos next = clock.AwaitNext(kNever, kGoOn);
  EXPECT_GE(static_cast<double>(next - again), kPeriod / 2 - 1);
  EXPECT_LE(static_cast<double>(next - again), 1.5 * kPeriod + 1);
  EXPECT_EQ(clock.late_rounds(), 0u);
}

// What a governor does all the time.
TEST(SamplingClock, ANewRateGoesForWhatIsLeftOfThePeriod) {
  FakeClock fake;
  const Nanos start = fake.Now();
  std::atomic<double> rate{0.1};
  SamplingClock clock(fake, rate, 1);
  EXPECT_EQ(clock.AwaitNext(start + kSecond, kGoOn), start + kSecond);
  rate = 100;
  EXPECT_LE(clock.AwaitNext(kNever, kGoOn) - start, kSecond + 30 * kMillisecond);
  EXPECT_EQ(clock.period(), 10 * kSecond) << "the round before it was to be so long ago";
  EXPECT_EQ(clock.late_rounds(), 0u);
  clock.AwaitNext(kNever, kGoOn);
  EXPECT_EQ(clock.period(), static_cast<Nanos>(kPeriod));
}

TEST(SamplingClock, HasTheMeanOfTheRatesHoweverOftenTheyChange) {
  FakeClock fake;
  const Nanos start = fake.Now();
  std::atomic<double> rate{10};
  SamplingClock clock(fake, rate, 5);
  int rounds = 0;
  for (Nanos second = 1; second <= 600; ++second) {
    rate = second % 2 == 0 ? 10 : 30;
    const Nanos until = start + second * kSecond;
    while (clock.AwaitNext(until, kGoOn) < until) ++rounds;
  }
  EXPECT_NEAR(clock.MeanRate(fake.Now()), 20, 0.1);
  // The round that a limit cuts off is due again with another jitter: a quarter of one too many.
  EXPECT_NEAR(rounds, 12000, 600);
}

TEST(SamplingClock, WaitsOnUntilItIsWokenUp) {
  FakeClock fake;
  const std::atomic<double> rate{0.1};
  SamplingClock clock(fake, rate, 1, 3600 * kSecond);
  clock.AwaitNext(kNever, kGoOn);
  EXPECT_EQ(fake.sleeps().size(), 1u);
}

}  // namespace
}  // namespace spyhop
