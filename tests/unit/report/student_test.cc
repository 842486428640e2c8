#include "report/student.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace spyhop {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using Tests = std::vector<WeightedTest>;

TEST(StudentTail, IsThatOfKnownDistributions) {
  // One degree of freedom: Cauchy's. Two: closed form. Many: the normal distribution.
  EXPECT_NEAR(StudentTail(1, 1), 0.5, 1e-12);
  EXPECT_NEAR(StudentTail(3, 1), 1 - 2 * std::atan(3.0) / std::numbers::pi, 1e-12);
  EXPECT_NEAR(StudentTail(3, 2), 1 - 3 / std::sqrt(11.0), 1e-12);
  EXPECT_NEAR(StudentTail(3, 1e6), std::erfc(3 / std::numbers::sqrt2), 1e-7);
}

TEST(StudentTail, IsTheSameUpAndDownAndOneAtZero) {
  EXPECT_DOUBLE_EQ(StudentTail(-2, 7), StudentTail(2, 7));
  EXPECT_DOUBLE_EQ(StudentTail(0, 7), 1);
}

TEST(StudentTail, IsPreciseFarOut) {
  EXPECT_NEAR(StudentTail(12, 1e8) / std::erfc(12 / std::numbers::sqrt2), 1, 1e-3);
}

TEST(StudentCritical, IsWhereTheTailHasThatChance) {
  for (const double freedom : {1.0, 2.5, 30.0, 1e6}) {
    for (const double chance : {0.5, 0.05, 1e-3, 1e-6}) {
      EXPECT_NEAR(StudentTail(StudentCritical(chance, freedom), freedom) / chance, 1, 1e-6)
          << freedom << " " << chance;
    }
  }
}

TEST(AdjustByHolm, MultipliesTheLeastByAllAndGoesDownFromThere) {
  EXPECT_THAT(AdjustByHolm(Tests{{0.01}, {0.03}, {0.02}, {0.9}}),
              ElementsAre(DoubleNear(0.04, 1e-12), DoubleNear(0.06, 1e-12), DoubleNear(0.06, 1e-12),
                          DoubleNear(0.9, 1e-12)));
}

TEST(AdjustByHolm, GivesMoreToTheHeavier) {
  EXPECT_THAT(AdjustByHolm(Tests{{0.01, 3}, {0.01, 1}}),
              ElementsAre(DoubleNear(0.04 / 3, 1e-12), DoubleNear(0.04 / 3, 1e-12)));
  EXPECT_THAT(AdjustByHolm(Tests{{0.5, 3}, {0.01, 1}}),
              ElementsAre(DoubleNear(0.5, 1e-12), DoubleNear(0.04, 1e-12)));
}

TEST(AdjustByHolm, TakesNoTests) { EXPECT_TRUE(AdjustByHolm({}).empty()); }

}  // namespace
}  // namespace spyhop
