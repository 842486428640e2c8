// The tests of one comparison: which rows differ by more than chance, and on which basis.
//
// First every row's rate per second of the clock is compared, all rows under one error rate. Only
// when some row differs it is asked whether the program had time to spare; if not, rows are
// compared again in units of those that keep the common pace. So what is found in the second step
// cannot raise the rate of false alarms. See docs/diff.md.
#ifndef SPYHOP_REPORT_DIFF_SIGNIFICANCE_H_
#define SPYHOP_REPORT_DIFF_SIGNIFICANCE_H_

#include <vector>

#include "absl/types/span.h"
#include "report/block_ratio.h"

namespace spyhop {

// What is tested: one line, or one function of several lines.
struct DiffSubject {
  BlockSeries before;
  BlockSeries after;
  bool is_function = false;
};

struct DiffWhole {
  BlockSeries clock_before;
  BlockSeries clock_after;
  BlockSeries busy_before;  // all lines
  BlockSeries busy_after;
};

struct DiffTestLimits {
  double alpha = 0.01;
  double least_share = 0;
};

struct DiffTestResult {
  struct Row {
    RatioChange change;
    double weight = 0;  // its part of alpha
    double chance = 1;  // adjusted for all rows
    bool sure = false;
  };
  std::vector<Row> rows;  // one for each subject
  // Phases last so long that a profile holds too few of them: nothing is sure.
  bool phases_too_long = false;
  double pace = 1;
  double common_factor = 1;  // see ProfileDiff
};

DiffTestResult TestSubjects(absl::Span<const DiffSubject> subjects, const DiffWhole& whole,
                            const DiffTestLimits& limits);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_DIFF_SIGNIFICANCE_H_
