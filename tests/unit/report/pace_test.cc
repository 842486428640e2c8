#include "report/pace.h"

#include <gtest/gtest.h>

#include <vector>

namespace spyhop {
namespace {

// Shares of so many independent samples.
RatioChange Row(double before, double after, double samples = 3000) {
  const auto estimate = [samples](double share) {
    return Estimate{.value = share, .variance = (share + 1 / samples) / samples};
  };
  return {.before = estimate(before), .after = estimate(after)};
}

TEST(Pace, IsOneWhereNothingChanged) {
  EXPECT_NEAR(FindPace(std::vector{Row(0.5, 0.51), Row(0.3, 0.29), Row(0.2, 0.2)}), 1, 0.01);
}

TEST(Pace, IsThatOfTheLinesThatLostTimeToASlowerOne) {
  const std::vector<RatioChange> rows = {Row(0.5, 0.65 / 1.15), Row(0.3, 0.3 / 1.15),
                                         Row(0.2, 0.2 / 1.15)};
  EXPECT_NEAR(FindPace(rows), 1 / 1.15, 0.01);
  EXPECT_FALSE(KeepsPace(rows[0], FindPace(rows)));
  EXPECT_TRUE(KeepsPace(rows[1], FindPace(rows)));
}

TEST(Pace, IsThatOfTheLinesThatGotTimeFromAFasterOne) {
  const double all = 0.5 / 1.3 + 0.5;
  EXPECT_NEAR(
      FindPace(std::vector{Row(0.5, 0.5 / 1.3 / all), Row(0.3, 0.3 / all), Row(0.2, 0.2 / all)}),
      1 / all, 0.02);
}

TEST(Pace, IsThatOfTheRestWhereOneLineHasMostOfTheTime) {
  const double all = 0.8 * 1.3 + 0.2;
  std::vector<RatioChange> rows = {Row(0.8, 0.8 * 1.3 / all)};
  for (const double share : {0.08, 0.06, 0.06}) rows.push_back(Row(share, share / all));
  EXPECT_NEAR(FindPace(rows), 1 / all, 0.03);
}

TEST(Pace, OfTwoLinesIsThatOfTheOneThatLost) {
  EXPECT_NEAR(FindPace(std::vector{Row(0.5, 0.65 / 1.15), Row(0.5, 0.5 / 1.15)}), 1 / 1.15, 0.01);
}

TEST(Pace, IsNotMovedByNewCode) {
  EXPECT_NEAR(FindPace(std::vector{Row(0, 0.3), Row(0.6, 0.42), Row(0.4, 0.28)}), 0.7, 0.01);
}

TEST(Pace, OfNothingIsSomeNumber) { EXPECT_GT(FindPace({}), 0); }

}  // namespace
}  // namespace spyhop
