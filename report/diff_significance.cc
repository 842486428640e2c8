#include "report/diff_significance.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "report/pace.h"
#include "report/student.h"

namespace spyhop {
namespace {

// The part of alpha that is for functions, where there are any to be tested.
constexpr double kForFunctions = 0.2;
// A program whose busy time is up or down by no more has no time to spare, or none to tell of.
constexpr double kFull = 0.03;
constexpr double kSureOfTotal = 0.01;
// A profile holds as many stretches that do not depend on one another, or it tells nothing.
constexpr double kLeastStretches = 8;
// A common factor is told from here on.
constexpr double kCommon = 0.05;

using Rows = std::vector<DiffTestResult::Row>;

double Busy(const BlockSeries& part, const BlockSeries& clock) {
  return clock.sum > 0 ? part.sum / clock.sum : 0;
}

class Comparison {
 public:
  Comparison(absl::Span<const DiffSubject> subjects, const DiffWhole& whole,
             const DiffTestLimits& limits)
      : subjects_(subjects), whole_(whole), limits_(limits), weights_(Weights()) {}

  DiffTestResult Run() const {
    DiffTestResult result;
    result.rows = Test(whole_.clock_before, whole_.clock_after, result.phases_too_long);
    if (!AnySure(result.rows)) return result;
    const double pace = FindPace(ChangesOfLines(result.rows));
    if (HasTimeToSpare()) {
      result.common_factor = CommonFactor(result.rows, pace);
      return result;
    }
    BlockSeries kept_before = whole_.clock_before;
    BlockSeries kept_after = whole_.clock_after;
    if (!AddUpKept(result.rows, pace, kept_before, kept_after)) return result;
    bool phases_too_long = false;
    Rows rows = Test(kept_before, kept_after, phases_too_long);
    if (!AnySure(rows)) return result;
    result.rows = std::move(rows);
    result.pace = Busy(kept_after, whole_.clock_after) / Busy(kept_before, whole_.clock_before);
    return result;
  }

 private:
  // By time, whose sum over both profiles says nothing of a change from one to the other.
  std::vector<double> Weights() const {
    double sums[2] = {0, 0};
    std::vector<double> weights;
    for (const DiffSubject& subject : subjects_) {
      weights.push_back(Busy(subject.before, whole_.clock_before) +
                        Busy(subject.after, whole_.clock_after));
      sums[subject.is_function ? 1 : 0] += weights.back();
    }
    const double for_functions = sums[1] > 0 ? kForFunctions : 0;
    for (size_t i = 0; i < weights.size(); ++i) {
      const bool is_function = subjects_[i].is_function;
      weights[i] *= (is_function ? for_functions : 1 - for_functions) / sums[is_function ? 1 : 0];
    }
    return weights;
  }

  // In units of these.
  Rows Test(const BlockSeries& before, const BlockSeries& after, bool& phases_too_long) const {
    std::vector<BlockRatio> ratios_before;
    std::vector<BlockRatio> ratios_after;
    for (const DiffSubject& subject : subjects_) {
      ratios_before.push_back(RatioOf(subject.before, before));
      ratios_after.push_back(RatioOf(subject.after, after));
    }
    const Correlation common = CommonCorrelation(ratios_before, ratios_after);
    phases_too_long = HasTooLongPhases(common);
    Rows rows;
    std::vector<WeightedTest> tests;
    for (size_t i = 0; i < subjects_.size(); ++i) {
      rows.push_back(
          {.change = ChangeOf(ratios_before[i], ratios_after[i], common), .weight = weights_[i]});
      tests.push_back({rows.back().change.chance, weights_[i]});
    }
    const std::vector<double> adjusted = AdjustByHolm(tests);
    const double busy =
        std::max(whole_.busy_before.sum / before.sum, whole_.busy_after.sum / after.sum);
    for (size_t i = 0; i < rows.size(); ++i) {
      rows[i].chance = adjusted[i];
      rows[i].sure = !phases_too_long && adjusted[i] <= limits_.alpha &&
                     std::abs(rows[i].change.change) >= limits_.least_share * busy;
    }
    return rows;
  }

  // How the program's blocks hang together: surer than what one line tells.
  static Correlation CommonCorrelation(const std::vector<BlockRatio>& before,
                                       const std::vector<BlockRatio>& after) {
    std::vector<absl::Span<const double>> residuals;
    for (const std::vector<BlockRatio>* ratios : {&before, &after}) {
      for (const BlockRatio& ratio : *ratios) residuals.push_back(ratio.residuals);
    }
    return CorrelationOf(residuals);
  }

  bool HasTooLongPhases(const Correlation& common) const {
    for (const BlockSeries* clock : {&whole_.clock_before, &whole_.clock_after}) {
      const auto blocks = static_cast<double>(clock->blocks.size());
      if (blocks > 0 && blocks / common.time < kLeastStretches) return true;
    }
    return false;
  }

  static bool AnySure(const Rows& rows) {
    return std::any_of(rows.begin(), rows.end(), [](const auto& row) { return row.sure; });
  }

  std::vector<RatioChange> ChangesOfLines(const Rows& rows) const {
    std::vector<RatioChange> changes;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (!subjects_[i].is_function) changes.push_back(rows[i].change);
    }
    return changes;
  }

  bool HasTimeToSpare() const {
    const RatioChange total = ChangeOf(RatioOf(whole_.busy_before, whole_.clock_before),
                                       RatioOf(whole_.busy_after, whole_.clock_after));
    return std::abs(total.change) > kFull * total.before.value && total.chance < kSureOfTotal;
  }

  double CommonFactor(const Rows& rows, double pace) const {
    double kept = 0;
    double all = 0;
    for (const RatioChange& change : ChangesOfLines(rows)) {
      all += change.before.value;
      if (KeepsPace(change, pace)) kept += change.before.value;
    }
    return kept > all / 2 && std::abs(pace - 1) > kCommon ? pace : 1;
  }

  // False when no line keeps the pace.
  bool AddUpKept(const Rows& rows, double pace, BlockSeries& before, BlockSeries& after) const {
    for (BlockSeries* series : {&before, &after}) {
      std::fill(series->blocks.begin(), series->blocks.end(), 0);
      series->sum = 0;
    }
    for (size_t i = 0; i < rows.size(); ++i) {
      if (subjects_[i].is_function || !KeepsPace(rows[i].change, pace)) continue;
      Add(subjects_[i].before, before);
      Add(subjects_[i].after, after);
    }
    return before.sum > 0 && after.sum > 0;
  }

  static void Add(const BlockSeries& part, BlockSeries& sum) {
    for (size_t i = 0; i < sum.blocks.size(); ++i) sum.blocks[i] += part.blocks[i];
    sum.sum += part.sum;
    sum.sample = part.sample;
  }

  const absl::Span<const DiffSubject> subjects_;
  const DiffWhole& whole_;
  const DiffTestLimits limits_;
  const std::vector<double> weights_;
};

}  // namespace

DiffTestResult TestSubjects(absl::Span<const DiffSubject> subjects, const DiffWhole& whole,
                            const DiffTestLimits& limits) {
  if (whole.clock_before.sum <= 0 || whole.clock_after.sum <= 0) {
    return {.rows = Rows(subjects.size())};
  }
  return Comparison(subjects, whole, limits).Run();
}

}  // namespace spyhop
