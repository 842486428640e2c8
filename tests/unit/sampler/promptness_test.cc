#include "sampler/promptness.h"

#include <gtest/gtest.h>

namespace spyhop {
namespace {

constexpr Nanos kPeriod = 10 * kMillisecond;
constexpr Nanos kSoon = 20 * kMicrosecond;
constexpr Nanos kMuchLater = kMillisecond;

// Rounds of one sampler, a period apart.
class Rounds {
 public:
  bool Next(Nanos late, double queued = 0.03, double worked = 0.01) {
    now_ += kPeriod;
    const auto part = [](double share) { return static_cast<Nanos>(share * kPeriod); };
    return promptness_.GoesFirstAfter(
        {.now = now_, .late = late, .queued = part(queued), .worked = part(worked)});
  }

  // How many of `count` punctual rounds are followed by one that goes first.
  int Punctual(int count, double queued = 0.03, double worked = 0.01) {
    int first = 0;
    for (int i = 0; i < count; ++i) first += Next(kSoon, queued, worked);
    return first;
  }

 private:
  Promptness promptness_;
  Nanos now_ = kSecond;
};

TEST(Promptness, WaitsItsTurnWhileRoundsArePunctual) {
  Rounds rounds;
  EXPECT_EQ(rounds.Punctual(1000), 0);
}

TEST(Promptness, GoesFirstForSomeTimeAfterALateRound) {
  Rounds rounds;
  rounds.Punctual(100);
  EXPECT_TRUE(rounds.Next(kMuchLater));
  EXPECT_EQ(rounds.Punctual(1000), 200) << "two seconds";
  EXPECT_TRUE(rounds.Next(kMuchLater)) << "and again";
}

TEST(Promptness, DoesNotBeforeItKnowsThatThereIsRoom) {
  Rounds rounds;
  EXPECT_FALSE(rounds.Next(kMuchLater));
}

TEST(Promptness, DoesNotWhereTheTargetQueues) {
  Rounds rounds;
  rounds.Punctual(100, 0.5);
  EXPECT_FALSE(rounds.Next(kMuchLater, 0.5));
}

TEST(Promptness, GivesWayWhenTheTargetBeginsToQueue) {
  Rounds rounds;
  rounds.Punctual(100);
  rounds.Next(kMuchLater);
  EXPECT_LE(rounds.Punctual(1000, 0.5), 50) << "half a second at most";
}

TEST(Promptness, GivesWayWhereRoundsTakeMuchOfTheTime) {
  Rounds rounds;
  rounds.Punctual(100);
  rounds.Next(kMuchLater);
  EXPECT_LE(rounds.Punctual(1000, 0, 0.5), 50);
}

TEST(Promptness, BearsALongRoundNowAndThen) {
  Rounds rounds;
  rounds.Punctual(100);
  rounds.Next(kMuchLater);
  EXPECT_TRUE(rounds.Next(kSoon, 1, 1));
  EXPECT_EQ(rounds.Punctual(1000), 199);
}

}  // namespace
}  // namespace spyhop
