// How sure a ratio of two times is that was measured by sampling, and whether it differs between
// two profiles: batch means, with an allowance for blocks that depend on one another, and Welch's
// test. Pure arithmetic; costs a few looks at each block. Formulas and sources: docs/diff.md.
#ifndef SPYHOP_REPORT_BLOCK_RATIO_H_
#define SPYHOP_REPORT_BLOCK_RATIO_H_

#include <vector>

#include "absl/types/span.h"

namespace spyhop {

// Time that one profile saw, in seconds.
struct BlockSeries {
  std::vector<double> blocks;  // in equal parts of the profile's time; empty: not known
  double sum = 0;
  double sample = 0;  // what one sample stands for; 0: the time is exact
};

// `part` in units of `whole`.
struct BlockRatio {
  double value = 0;
  std::vector<double> residuals;  // of each block; empty: not known
  double sample = 0;              // one sample of `part`
  double samples = 0;             // that it rests on
};
BlockRatio RatioOf(const BlockSeries& part, const BlockSeries& whole);

// For how many blocks what happens in one tells of the next ones: 1 when they are independent.
struct Correlation {
  double time = 1;
  int lags = 0;  // to each side, that were taken into account
};
// Of all series together, each around 0; empty ones are left out.
Correlation CorrelationOf(absl::Span<const absl::Span<const double>> series);

struct Estimate {
  double value = 0;
  double variance = 0;
  double freedom = 1;  // degrees of
};
Estimate EstimateOf(const BlockRatio& ratio, const Correlation& correlation);

struct RatioChange {
  Estimate before;
  Estimate after;
  double change = 0;  // after - before
  double error = 0;   // its standard deviation
  double freedom = 1;
  double chance = 1;  // of a change so great, up or down, if there is none
};
// `common`: how blocks hang together in the program at large; this ratio's own may hang together
// more.
RatioChange ChangeOf(const BlockRatio& before, const BlockRatio& after,
                     const Correlation& common = {});

struct Interval {
  double low = 0;
  double high = 0;
};
// In which after / before lies with a chance of `coverage`; both must be above 0.
Interval QuotientWithin(const RatioChange& change, double coverage);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_BLOCK_RATIO_H_
