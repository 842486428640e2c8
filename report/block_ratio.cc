#include "report/block_ratio.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "report/student.h"

namespace spyhop {
namespace {

// Where only numbers of samples are known, they are taken to vary so much more than independent
// ones do.
constexpr double kOverDispersion = 5;
// The correlation at two neighbouring lags is believed from this many standard deviations on.
constexpr double kBelieved = 1;
// Degrees of freedom from which Student's distribution is as good as the normal one.
constexpr double kNormal = 1e6;
// One line's own correlation counts when it is so much more than that of all.
constexpr double kClearlyMore = 1.25;
// More than this part of the blocks is never taken for one stretch.
constexpr double kMostLags = 0.25;

double Square(double x) { return x * x; }

double LaggedSum(absl::Span<const double> series, size_t lag) {
  double sum = 0;
  for (size_t i = lag; i < series.size(); ++i) sum += series[i] * series[i - lag];
  return sum;
}

// Of several series, each counting by its variance.
class Autocorrelation {
 public:
  explicit Autocorrelation(absl::Span<const absl::Span<const double>> series) : series_(series) {
    size_t shortest = std::numeric_limits<size_t>::max();
    double squares = 0;
    for (const absl::Span<const double> one : series) {
      const double sum = LaggedSum(one, 0);
      if (sum <= 0) continue;
      shortest = std::min(shortest, one.size());
      sum_ += sum;
      squares += sum * sum / static_cast<double>(one.size());
    }
    if (sum_ <= 0) return;
    most_lags_ = static_cast<size_t>(kMostLags * static_cast<double>(shortest));
    error_ = std::sqrt(squares) / sum_;
  }

  double At(size_t lag) const {
    double sum = 0;
    for (const absl::Span<const double> one : series_) sum += LaggedSum(one, lag);
    return sum / sum_;
  }
  size_t most_lags() const { return most_lags_; }
  // Standard deviation of each lag's, if there is no correlation.
  double error() const { return error_; }

 private:
  const absl::Span<const absl::Span<const double>> series_;
  double sum_ = 0;
  double error_ = 0;
  size_t most_lags_ = 0;
};

double SquaredError(const Estimate& estimate) {
  return Square(estimate.variance) / std::max(estimate.freedom, 1.0);
}

double Count(const BlockRatio& ratio) { return static_cast<double>(ratio.residuals.size()); }

int LagsBothSides(const Correlation& correlation) { return 2 * correlation.lags + 1; }

// How much more than independent blocks' the variance of the mean of so many is, compared with the
// mean square of their residuals. The residuals' own mean is always 0, which hides some of it.
double Inflation(const Correlation& correlation, double count) {
  return correlation.time / (1 - std::min(0.5, LagsBothSides(correlation) / count));
}

// Of the change, if both profiles are of one program: what varies in one varies in the other, also
// where it was not met in the shorter one. 0: not known.
double CommonVariance(const BlockRatio& before, const BlockRatio& after,
                      const Correlation& correlation) {
  const double samples = Square(before.sample) + Square(after.sample);
  if (before.residuals.empty() && after.residuals.empty() && before.sample > 0 &&
      after.sample > 0) {
    const double value = (before.value / before.sample + after.value / after.sample) /
                         (1 / before.sample + 1 / after.sample);
    return kOverDispersion * value * (before.sample + after.sample) + samples;
  }
  if (before.residuals.empty() || after.residuals.empty()) return 0;
  const double square = (LaggedSum(before.residuals, 0) + LaggedSum(after.residuals, 0)) /
                        (Count(before) + Count(after));
  return square * (Inflation(correlation, Count(before)) / Count(before) +
                   Inflation(correlation, Count(after)) / Count(after)) +
         samples;
}

}  // namespace

BlockRatio RatioOf(const BlockSeries& part, const BlockSeries& whole) {
  BlockRatio ratio;
  if (whole.sum <= 0) return ratio;
  ratio.value = part.sum / whole.sum;
  ratio.sample = part.sample / whole.sum;
  if (part.sum > 0 && part.sample > 0) {
    ratio.samples = 1 / (part.sample / part.sum + whole.sample / whole.sum);
  }
  if (part.blocks.empty() || part.blocks.size() != whole.blocks.size()) return ratio;
  const double mean = whole.sum / static_cast<double>(whole.blocks.size());
  for (size_t i = 0; i < part.blocks.size(); ++i) {
    ratio.residuals.push_back((part.blocks[i] - ratio.value * whole.blocks[i]) / mean);
  }
  return ratio;
}

Correlation CorrelationOf(absl::Span<const absl::Span<const double>> series) {
  const Autocorrelation autocorrelation(series);
  Correlation correlation;
  if (autocorrelation.most_lags() < 1) return correlation;
  double time = 1 + 2 * autocorrelation.At(1);
  double pair_before = 1 + autocorrelation.At(1);
  correlation.lags = 1;
  for (size_t lag = 2; lag + 1 <= autocorrelation.most_lags(); lag += 2) {
    const double pair = autocorrelation.At(lag) + autocorrelation.At(lag + 1);
    if (pair < kBelieved * autocorrelation.error() * std::sqrt(2)) break;
    pair_before = std::min(pair_before, pair);
    time += 2 * pair_before;
    correlation.lags = static_cast<int>(lag) + 1;
  }
  correlation.time = std::max(time, 1.0);
  return correlation;
}

Estimate EstimateOf(const BlockRatio& ratio, const Correlation& correlation) {
  Estimate estimate{.value = ratio.value};
  const double count = Count(ratio);
  if (count < 2) {
    if (ratio.samples > 0) {
      estimate.variance = kOverDispersion * Square(ratio.value) / ratio.samples;
    }
    estimate.freedom = kNormal;
  } else {
    const double square = LaggedSum(ratio.residuals, 0) / count;
    estimate.variance = square / count * Inflation(correlation, count);
    estimate.freedom = std::max(count / correlation.time - 1, 1.0);
  }
  // A sample more or less is always possible, also where all blocks are alike or empty.
  estimate.variance += Square(ratio.sample);
  return estimate;
}

RatioChange ChangeOf(const BlockRatio& before, const BlockRatio& after, const Correlation& common) {
  const absl::Span<const double> residuals[] = {before.residuals, after.residuals};
  const Correlation own = CorrelationOf(residuals);
  const Correlation& correlation = own.time > kClearlyMore * common.time ? own : common;
  RatioChange change{.before = EstimateOf(before, correlation),
                     .after = EstimateOf(after, correlation)};
  change.change = after.value - before.value;
  const double own_variance = change.before.variance + change.after.variance;
  const double variance = std::max(own_variance, CommonVariance(before, after, correlation));
  if (variance <= 0) return change;
  change.error = std::sqrt(variance);
  change.freedom =
      Square(own_variance) / (SquaredError(change.before) + SquaredError(change.after));
  if (correlation.lags > 1) {
    const double count = Count(before) + Count(after);
    change.freedom = std::max(1.0, std::min(change.freedom, count / LagsBothSides(correlation)));
  }
  change.chance = StudentTail(change.change / change.error, change.freedom);
  return change;
}

Interval QuotientWithin(const RatioChange& change, double coverage) {
  const double quotient = change.after.value / change.before.value;
  const double error = std::sqrt(change.before.variance / Square(change.before.value) +
                                 change.after.variance / Square(change.after.value));
  const double reach = std::exp(StudentCritical(1 - coverage, change.freedom) * error);
  return {quotient / reach, quotient * reach};
}

}  // namespace spyhop
