#include "sampler/profile/histogram.h"

#include <gtest/gtest.h>

#include <limits>

namespace spyhop {
namespace {

TEST(DurationHistogram, HasNoPercentileWithoutDurations) {
  const DurationHistogram histogram;
  EXPECT_EQ(histogram.Percentile(0.5), 0);
  EXPECT_EQ(histogram.max(), 0);
}

TEST(DurationHistogram, ErrsByASixteenthAtMost) {
  for (Nanos value = 1; value < 1'000'000'000'000; value = value * 5 / 3 + 1) {
    DurationHistogram histogram;
    histogram.Add(value);
    histogram.Add(3'000'000'000'000);
    const double told = static_cast<double>(histogram.Percentile(0.5));
    EXPECT_GE(told, static_cast<double>(value));
    EXPECT_LE(told, static_cast<double>(value) * (1 + 1 / 16.0));
  }
}

TEST(DurationHistogram, CountsRanksFromTheSmallest) {
  DurationHistogram histogram;
  for (int i = 0; i < 99; ++i) histogram.Add(10);
  histogram.Add(1000);
  EXPECT_EQ(histogram.Percentile(0), 10);
  EXPECT_EQ(histogram.Percentile(0.99), 10);
  EXPECT_EQ(histogram.Percentile(1), 1000);
  EXPECT_EQ(histogram.count(), 100u);
  EXPECT_EQ(histogram.total(), 1990);
}

TEST(DurationHistogram, TakesAnyDuration) {
  DurationHistogram histogram;
  histogram.Add(-5);
  histogram.Add(std::numeric_limits<Nanos>::max());
  EXPECT_EQ(histogram.Percentile(0.5), 0);
  EXPECT_EQ(histogram.Percentile(1), std::numeric_limits<Nanos>::max());
}

TEST(DurationHistogram, MergesAsIfAllHadBeenAdded) {
  DurationHistogram a, b;
  a.Add(10);
  b.Add(20);
  b.Add(30);
  a.Merge(b);
  EXPECT_EQ(a.count(), 3u);
  EXPECT_EQ(a.total(), 60);
  EXPECT_EQ(a.max(), 30);
  EXPECT_EQ(a.Percentile(0.5), 20);
}

}  // namespace
}  // namespace spyhop
