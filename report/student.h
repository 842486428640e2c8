// Student's t distribution, and Holm's correction for many tests at once: what it takes to tell a
// change from chance. Pure arithmetic. Formulas and sources: docs/diff.md.
#ifndef SPYHOP_REPORT_STUDENT_H_
#define SPYHOP_REPORT_STUDENT_H_

#include <vector>

#include "absl/types/span.h"

namespace spyhop {

// The chance that |T| is `t` or more; `freedom` above 0.
double StudentTail(double t, double freedom);

// The t which has that chance; `chance` in (0, 1].
double StudentCritical(double chance, double freedom);

// One hypothesis: the chance of what was seen if it holds, and which part of the error rate it gets
// (any scale, above 0).
struct WeightedTest {
  double chance = 1;
  double weight = 1;
};

// Chances adjusted by Holm's step-down method with weights, in the order given: rejecting those of
// at most alpha rejects any true hypothesis with a chance of at most alpha, however the tests hang
// together.
std::vector<double> AdjustByHolm(absl::Span<const WeightedTest> tests);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_STUDENT_H_
