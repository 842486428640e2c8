#include "report/student.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace spyhop {
namespace {

// The continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method.
double BetaFraction(double x, double a, double b) {
  constexpr int kMostSteps = 500;
  constexpr double kPrecision = 1e-14;
  double value = 1;
  double c = 1;
  double d = 0;
  for (int step = 1; step <= kMostSteps; ++step) {
    const double m = step / 2;
    const double top = step % 2 == 0 ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
                                     : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + top * d);
    c = 1 + top / c;
    value *= c * d;
    if (std::abs(c * d - 1) < kPrecision) break;
  }
  return 1 / value;
}

// The regularized incomplete beta function. The fraction converges fast below the mean.
double IncompleteBeta(double x, double a, double b) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - IncompleteBeta(1 - x, b, a);
  const double log_front =
      std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x);
  return std::exp(log_front) / a * BetaFraction(x, a, b);
}

}  // namespace

double StudentTail(double t, double freedom) {
  return IncompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5);
}

double StudentCritical(double chance, double freedom) {
  constexpr double kLargest = 1e6;
  double low = 0;
  double high = 1;
  while (high < kLargest && StudentTail(high, freedom) > chance) high *= 2;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (StudentTail(middle, freedom) > chance ? low : high) = middle;
  }
  return high;
}

std::vector<double> AdjustByHolm(absl::Span<const WeightedTest> tests) {
  std::vector<size_t> order(tests.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto urgency = [&](size_t i) { return tests[i].chance / tests[i].weight; };
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return urgency(a) < urgency(b); });
  std::vector<double> suffix_weight(tests.size() + 1);
  for (size_t i = tests.size(); i-- > 0;) {
    suffix_weight[i] = suffix_weight[i + 1] + tests[order[i]].weight;
  }
  std::vector<double> adjusted(tests.size());
  double largest = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    largest = std::clamp(urgency(order[i]) * suffix_weight[i], largest, 1.0);
    adjusted[order[i]] = largest;
  }
  return adjusted;
}

}  // namespace spyhop
