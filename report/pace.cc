#include "report/pace.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace spyhop {
namespace {

constexpr double kLeast = 0.1;
constexpr double kMost = 10;
constexpr double kStep = 1.005;
// A row that is further off than so many standard deviations has changed by itself.
constexpr double kUnexplained = 3;
constexpr double kKept = 2.5;
// Fits that differ by no more are as good as each other.
constexpr double kAsGood = 1;

double Deviations(const RatioChange& row, double pace) {
  const double error = std::sqrt(row.after.variance + pace * pace * row.before.variance);
  if (error <= 0) return 0;
  return std::abs(row.after.value - pace * row.before.value) / error;
}

double Misfit(absl::Span<const RatioChange> rows, double pace) {
  double sum = 0;
  for (const RatioChange& row : rows) {
    const double deviations = std::min(Deviations(row, pace), kUnexplained);
    sum += deviations * deviations;
  }
  return sum;
}

// What the rows that keep the pace say it is.
double Refine(absl::Span<const RatioChange> rows, double pace) {
  double before = 0;
  double after = 0;
  for (const RatioChange& row : rows) {
    if (!KeepsPace(row, pace)) continue;
    before += row.before.value;
    after += row.after.value;
  }
  return before > 0 && after > 0 ? after / before : pace;
}

}  // namespace

bool KeepsPace(const RatioChange& row, double pace) { return Deviations(row, pace) < kKept; }

double FindPace(absl::Span<const RatioChange> rows) {
  std::vector<std::pair<double, double>> fits;  // misfit, pace
  for (double pace = kLeast; pace <= kMost; pace *= kStep) {
    fits.emplace_back(Misfit(rows, pace), pace);
  }
  const double best = std::min_element(fits.begin(), fits.end())->first;
  const auto lowest = std::find_if(fits.begin(), fits.end(),
                                   [&](const auto& fit) { return fit.first <= best + kAsGood; });
  double pace = lowest->second;
  for (int i = 0; i < 3; ++i) pace = Refine(rows, pace);
  return pace;
}

}  // namespace spyhop
