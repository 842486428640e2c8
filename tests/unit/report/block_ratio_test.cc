#include "report/block_ratio.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>

namespace spyhop {
namespace {

BlockSeries Clock(size_t blocks) {
  return {.blocks = std::vector<double>(blocks, 1), .sum = static_cast<double>(blocks)};
}

BlockSeries Series(std::vector<double> blocks) {
  const double sum = std::accumulate(blocks.begin(), blocks.end(), 0.0);
  return {.blocks = std::move(blocks), .sum = sum};
}

// A first-order autoregressive process around 10, whose deviation is 1.
BlockSeries Wandering(size_t blocks, double correlation, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  std::vector<double> series;
  double value = normal(random);
  for (size_t i = 0; i < blocks; ++i) {
    series.push_back(10 + value);
    value = correlation * value + std::sqrt(1 - correlation * correlation) * normal(random);
  }
  return Series(std::move(series));
}

double RejectedAt(double level, size_t blocks, double correlation) {
  constexpr int kTrials = 2000;
  std::mt19937_64 random(1);
  int rejected = 0;
  for (int i = 0; i < kTrials; ++i) {
    const BlockSeries before = Wandering(blocks, correlation, random);
    const BlockSeries after = Wandering(blocks, correlation, random);
    const RatioChange change =
        ChangeOf(RatioOf(before, Clock(blocks)), RatioOf(after, Clock(blocks)));
    rejected += change.chance <= level ? 1 : 0;
  }
  return rejected / static_cast<double>(kTrials);
}

double TimeOf(const std::vector<double>& series) {
  const absl::Span<const double> all[] = {series};
  return CorrelationOf(all).time;
}

TEST(BlockRatio, IsTheQuotientOfTheSums) {
  const BlockRatio ratio = RatioOf(Series({1, 2, 3}), Series({2, 4, 6}));
  EXPECT_DOUBLE_EQ(ratio.value, 0.5);
  EXPECT_THAT(ratio.residuals, testing::Each(testing::DoubleNear(0, 1e-12)));
}

TEST(BlockRatio, HasTheVarianceOfTheMeanOfItsBlocks) {
  const Estimate estimate = EstimateOf(RatioOf(Series({1, 3, 1, 3}), Clock(4)), {});
  EXPECT_DOUBLE_EQ(estimate.value, 2);
  // Sum of squares 4, by n squared, and by 1 - 1/n.
  EXPECT_DOUBLE_EQ(estimate.variance, 4.0 / 16 / 0.75);
  EXPECT_DOUBLE_EQ(estimate.freedom, 3);
}

TEST(BlockRatio, IsNeverSurerThanASampleMoreOrLess) {
  BlockSeries constant = Series({1, 1, 1, 1});
  constant.sample = 0.5;
  EXPECT_DOUBLE_EQ(EstimateOf(RatioOf(constant, Clock(4)), {}).variance, 0.125 * 0.125);
}

TEST(BlockRatio, VariesLikeNumbersOfSamplesWhereThereAreNoBlocks) {
  const BlockRatio ratio = RatioOf({.sum = 100, .sample = 1}, {.sum = 200});
  EXPECT_DOUBLE_EQ(EstimateOf(ratio, {}).variance, 5 * 0.25 / 100 + 1.0 / (200 * 200));
}

TEST(BlockRatio, OfNothingIsNothing) {
  const RatioChange change = ChangeOf(RatioOf({}, {}), RatioOf({}, {}));
  EXPECT_EQ(change.change, 0);
  EXPECT_EQ(change.chance, 1);
}

TEST(Correlation, IsOneOfIndependentBlocksAndGrowsWithTheStretch) {
  std::mt19937_64 random(1);
  const auto time = [&](double correlation) {
    const BlockSeries series = Wandering(4000, correlation, random);
    return TimeOf(RatioOf(series, Clock(4000)).residuals);
  };
  EXPECT_NEAR(time(0), 1, 0.25);
  EXPECT_NEAR(time(0.5), 3, 0.5);
  EXPECT_NEAR(time(0.9), 19, 5);
}

TEST(Correlation, OfAlternatingBlocksIsNotBelowOne) {
  EXPECT_EQ(TimeOf({1, -1, 1, -1, 1, -1, 1, -1}), 1);
}

// 2000 trials: what is allowed is the level and three deviations of such a count.
TEST(RatioChange, RejectsAsOftenAsItSays) {
  EXPECT_NEAR(RejectedAt(0.05, 100, 0), 0.05, 3 * std::sqrt(0.05 * 0.95 / 2000) + 0.01);
  EXPECT_LE(RejectedAt(0.01, 100, 0.5), 0.02);
  EXPECT_LE(RejectedAt(0.01, 100, 0.8), 0.02);
}

// In a short profile a rare thing may not have been met at all.
TEST(RatioChange, TakesTheVarianceOfTheLongerProfileForTheShorterOne) {
  const BlockSeries never = Series(std::vector<double>(10, 0));
  std::vector<double> rare(100, 0);
  for (size_t i = 7; i < rare.size(); i += 10) rare[i] = 1;
  const RatioChange change = ChangeOf(RatioOf(never, Clock(10)), RatioOf(Series(rare), Clock(100)));
  EXPECT_NEAR(change.change, 0.1, 1e-9);
  EXPECT_GT(change.chance, 0.2);
}

TEST(RatioChange, IsFoundWhenItIsThere) {
  std::mt19937_64 random(1);
  const BlockSeries before = Wandering(100, 0, random);
  BlockSeries after = Wandering(100, 0, random);
  for (double& block : after.blocks) block += 1;
  after.sum += 100;
  const RatioChange change = ChangeOf(RatioOf(before, Clock(100)), RatioOf(after, Clock(100)));
  EXPECT_NEAR(change.change, 1, 0.4);
  EXPECT_LT(change.chance, 1e-4);
  const Interval within = QuotientWithin(change, 0.95);
  const double quotient = change.after.value / change.before.value;
  EXPECT_NEAR(std::sqrt(within.low * within.high), quotient, 1e-9);
  // Two deviations to each side, of means of 100 around 10.
  EXPECT_NEAR(within.high - within.low, 4 * std::sqrt(2.0) * 0.1 / 10, 0.02);
}

}  // namespace
}  // namespace spyhop
