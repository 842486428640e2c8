#include "report/profile_diff.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <tuple>
#include <utility>

#include "report/diff_match.h"
#include "report/diff_side.h"
#include "report/diff_significance.h"
#include "report/student.h"

namespace spyhop {
namespace {

// A block holds some rounds, so that its time is nearly a sum of many small things.
constexpr double kRoundsPerBlock = 8;
constexpr double kBlocksOfShorter = 100;
constexpr double kMostBlocks = 1000;
constexpr size_t kLeastBlocks = 10;
constexpr double kCoverage = 0.95;

// How many blocks each profile is split into: all of about one length, so that what is seen of the
// correlation of neighbours in one holds in the other one. 0: not to be split.
std::pair<size_t, size_t> BlocksOf(const DiffSide& before, const DiffSide& after) {
  const double shorter = std::min(before.wall(), after.wall());
  const double longer = std::max(before.wall(), after.wall());
  double length = std::max(shorter / kBlocksOfShorter, longer / kMostBlocks);
  for (const DiffSide* side : {&before, &after}) {
    if (side->rounds() > 0) {
      length = std::max(length, kRoundsPerBlock * side->wall() / side->rounds());
    }
  }
  const auto blocks = [length](const DiffSide& side) -> size_t {
    if (side.rounds() <= 0 || length <= 0) return 0;
    const auto count = static_cast<size_t>(side.wall() / length + 0.5);
    return count < kLeastBlocks ? 0 : count;
  };
  return {blocks(before), blocks(after)};
}

class Differ {
 public:
  Differ(const Profile& before, const Profile& after, const DiffOptions& options)
      : before_(before, options.idle), after_(after, options.idle) {
    diff_.options = options;
    diff_.before = Summary(before, before_);
    diff_.after = Summary(after, after_);
    std::tie(diff_.before.blocks, diff_.after.blocks) = BlocksOf(before_, after_);
    matched_ = MatchPlaces(Places(before_), Places(after_));
  }

  ProfileDiff Run() {
    AddLineRows();
    AddFunctionRows();
    ChooseSubjects();
    const DiffTestResult result = TestSubjects(Subjects(), Whole(), Limits());
    diff_.pace = result.pace;
    diff_.common_factor = result.common_factor;
    diff_.phases_too_long = result.phases_too_long;
    SetExpected(diff_.lines);
    SetExpected(diff_.functions);
    for (size_t i = 0; i < subjects_.size(); ++i) Judge(result.rows[i], RowOf(subjects_[i]));
    ShareLineWithFunction();
    MarkEditedFunctions();
    SetResolution(result);
    Sort(diff_.lines);
    Sort(diff_.functions);
    return std::move(diff_);
  }

 private:
  // An index into the rows of lines, or of functions.
  struct Subject {
    size_t row = 0;
    bool is_function = false;
  };

  static DiffSummary Summary(const Profile& profile, const DiffSide& side) {
    return {.targets = profile.targets(),
            .start = profile.start(),
            .duration_s = side.wall(),
            .achieved_hz = profile.AchievedHz(),
            .samples = profile.figures().samples,
            .busy = side.wall() > 0 ? side.busy() / side.wall() : 0};
  }

  static std::vector<PlaceWithTime> Places(const DiffSide& side) {
    std::vector<PlaceWithTime> places;
    for (const DiffPlaceTimes& line : side.lines()) {
      places.push_back({line.place, side.SelfSeconds(line.self)});
    }
    return places;
  }

  DiffTestLimits Limits() const {
    return {.alpha = diff_.options.alpha, .least_share = diff_.options.least_share};
  }

  DiffRates RatesOf(const DiffSide& side, const DiffPlaceTimes* times) const {
    DiffRates rates;
    if (times == nullptr || side.wall() <= 0) return rates;
    const double unit = side.wall() * static_cast<double>(kSecond);
    for (size_t c = 0; c < kTimeClasses; ++c) {
      rates.self_by_class[c] = static_cast<double>(times->self.by_class[c]) / unit;
    }
    rates.self = side.SelfSeconds(times->self) / side.wall();
    rates.total = side.SelfSeconds(times->total) / side.wall();
    rates.samples = times->self.Samples(diff_.options.idle);
    return rates;
  }

  DiffRow MakeRow(const DiffPlaceTimes* before, const DiffPlaceTimes* after) const {
    const DiffPlace& now = (after != nullptr ? after : before)->place;
    const DiffPlace& then = (before != nullptr ? before : after)->place;
    return {.file = std::string(now.file),
            .function = std::string(now.function),
            .line = now.line,
            .file_before = std::string(then.file),
            .line_before = then.line,
            .before = RatesOf(before_, before),
            .after = RatesOf(after_, after)};
  }

  void AddLineRows() {
    const auto times = [](const DiffSide& side, const std::optional<size_t>& line) {
      return line ? &side.lines()[*line] : nullptr;
    };
    for (const MatchedLine& line : matched_.lines) {
      diff_.lines.push_back(MakeRow(times(before_, line.before), times(after_, line.after)));
      diff_.lines.back().in_new_function = !matched_.functions[line.function].before;
    }
  }

  void AddFunctionRows() {
    using Index = absl::flat_hash_map<DiffPlace, const DiffPlaceTimes*>;
    const auto index_of = [](const DiffSide& side) {
      Index index;
      for (const DiffPlaceTimes& function : side.functions()) index[function.place] = &function;
      return index;
    };
    const Index before = index_of(before_);
    const Index after = index_of(after_);
    const auto times = [](const Index& index, const std::optional<DiffPlace>& place) {
      const auto found = place ? index.find(*place) : index.end();
      return found == index.end() ? nullptr : found->second;
    };
    for (const MatchedFunction& function : matched_.functions) {
      diff_.functions.push_back(
          MakeRow(times(before, function.before), times(after, function.after)));
      diff_.functions.back().in_new_function = !function.before;
    }
  }

  // A change of a row is no larger than both its figures together, which say nothing of a change.
  bool IsOfInterest(const DiffRow& row) const {
    const double busy = std::max(diff_.before.busy, diff_.after.busy);
    const double both = row.before.self + row.after.self;
    return both > 0 && both >= diff_.options.least_share * busy;
  }

  // A function with one line of interest is that line.
  void ChooseSubjects() {
    std::vector<int> lines_of_function(diff_.functions.size(), 0);
    for (size_t i = 0; i < diff_.lines.size(); ++i) {
      if (!IsOfInterest(diff_.lines[i])) continue;
      subjects_.push_back({i, false});
      ++lines_of_function[matched_.lines[i].function];
    }
    for (size_t i = 0; i < diff_.functions.size(); ++i) {
      const bool of_interest = lines_of_function[i] != 1 && IsOfInterest(diff_.functions[i]);
      if (of_interest) subjects_.push_back({i, true});
    }
    for (const Subject& subject : subjects_) RowOf(subject).tested = true;
  }

  DiffRow& RowOf(const Subject& subject) {
    return (subject.is_function ? diff_.functions : diff_.lines)[subject.row];
  }

  // Which subject each of a side's lines belongs to.
  std::vector<int> GroupOfLine(const DiffSide& side, bool functions) const {
    std::vector<int> group_of_row((functions ? diff_.functions : diff_.lines).size(),
                                  DiffSide::kNoGroup);
    for (size_t i = 0; i < subjects_.size(); ++i) {
      if (subjects_[i].is_function == functions) group_of_row[subjects_[i].row] = int(i);
    }
    std::vector<int> group_of_line(side.lines().size(), DiffSide::kNoGroup);
    for (size_t i = 0; i < matched_.lines.size(); ++i) {
      const MatchedLine& line = matched_.lines[i];
      const std::optional<size_t>& own = &side == &before_ ? line.before : line.after;
      if (own) group_of_line[*own] = group_of_row[functions ? line.function : i];
    }
    return group_of_line;
  }

  std::vector<DiffSubject> Subjects() const {
    std::vector<DiffSubject> subjects(subjects_.size());
    for (size_t i = 0; i < subjects.size(); ++i) subjects[i].is_function = subjects_[i].is_function;
    for (const bool functions : {false, true}) {
      std::vector<BlockSeries> before =
          before_.SeriesOf(GroupOfLine(before_, functions), subjects.size(), diff_.before.blocks);
      std::vector<BlockSeries> after =
          after_.SeriesOf(GroupOfLine(after_, functions), subjects.size(), diff_.after.blocks);
      for (size_t i = 0; i < subjects.size(); ++i) {
        if (subjects[i].is_function != functions) continue;
        subjects[i].before = std::move(before[i]);
        subjects[i].after = std::move(after[i]);
      }
    }
    return subjects;
  }

  DiffWhole Whole() const {
    const auto all = [](const DiffSide& side, size_t blocks) {
      return side.SeriesOf(std::vector<int>(side.lines().size(), 0), 1, blocks)[0];
    };
    return {.clock_before = before_.SeriesOfClock(diff_.before.blocks),
            .clock_after = after_.SeriesOfClock(diff_.after.blocks),
            .busy_before = all(before_, diff_.before.blocks),
            .busy_after = all(after_, diff_.after.blocks)};
  }

  void SetExpected(std::vector<DiffRow>& rows) const {
    for (DiffRow& row : rows) {
      row.expected = row.before.self * diff_.pace;
      row.change = row.after.self - row.expected;
      if (row.expected > 0) row.growth = row.change / row.expected;
    }
  }

  void Judge(const DiffTestResult::Row& result, DiffRow& row) const {
    row.chance = result.chance;
    if (result.change.before.value > 0 && result.change.after.value > 0) {
      const Interval within = QuotientWithin(result.change, kCoverage);
      row.growth_within = {within.low - 1, within.high - 1};
    }
    if (!result.sure) return;
    if (row.growth && std::abs(*row.growth) < diff_.options.least_growth) return;
    const bool slower = row.change > 0;
    row.verdict = slower ? DiffVerdict::kSlower : DiffVerdict::kFaster;
    if (slower && row.before.self <= 0) row.verdict = DiffVerdict::kNew;
    if (!slower && row.after.self <= 0) row.verdict = DiffVerdict::kGone;
  }

  void ShareLineWithFunction() {
    std::vector<const DiffRow*> only_line(diff_.functions.size(), nullptr);
    for (size_t i = 0; i < diff_.lines.size(); ++i) {
      if (diff_.lines[i].tested) only_line[matched_.lines[i].function] = &diff_.lines[i];
    }
    for (size_t i = 0; i < diff_.functions.size(); ++i) {
      DiffRow& function = diff_.functions[i];
      if (function.tested || only_line[i] == nullptr) continue;
      function.tested = true;
      function.chance = only_line[i]->chance;
      function.verdict = only_line[i]->verdict;
      function.growth_within = only_line[i]->growth_within;
    }
  }

  void MarkEditedFunctions() {
    std::vector<bool> edited(diff_.functions.size(), false);
    const auto is_edit = [](const DiffRow& row) {
      return row.verdict == DiffVerdict::kNew || row.verdict == DiffVerdict::kGone;
    };
    for (size_t i = 0; i < diff_.lines.size(); ++i) {
      if (is_edit(diff_.lines[i])) edited[matched_.lines[i].function] = true;
    }
    for (size_t i = 0; i < diff_.lines.size(); ++i) {
      diff_.lines[i].in_edited_function = edited[matched_.lines[i].function];
    }
  }

  void SetResolution(const DiffTestResult& result) {
    double busiest = 0;
    for (size_t i = 0; i < subjects_.size(); ++i) {
      const RatioChange& change = result.rows[i].change;
      if (subjects_[i].is_function || change.before.value <= busiest) continue;
      busiest = change.before.value;
      const double chance = diff_.options.alpha * result.rows[i].weight;
      diff_.resolution = StudentCritical(chance, change.freedom) * change.error / busiest;
    }
  }

  static void Sort(std::vector<DiffRow>& rows) {
    const auto order = [](const DiffRow& row) {
      const int group = IsSlower(row) ? 0 : IsFaster(row) ? 1 : 2;
      return std::tuple(group, -std::abs(row.change), std::string_view(row.file), row.line,
                        std::string_view(row.function));
    };
    std::stable_sort(rows.begin(), rows.end(),
                     [&](const DiffRow& a, const DiffRow& b) { return order(a) < order(b); });
  }

  const DiffSide before_;
  const DiffSide after_;
  MatchedPlaces matched_;
  std::vector<Subject> subjects_;
  ProfileDiff diff_;
};

}  // namespace

std::string_view Name(DiffVerdict verdict) {
  switch (verdict) {
    case DiffVerdict::kSame:
      return "same";
    case DiffVerdict::kSlower:
      return "slower";
    case DiffVerdict::kFaster:
      return "faster";
    case DiffVerdict::kNew:
      return "new";
    case DiffVerdict::kGone:
      return "gone";
  }
  return "";
}

ProfileDiff DiffProfiles(const Profile& before, const Profile& after, const DiffOptions& options) {
  return Differ(before, after, options).Run();
}

bool IsSlower(const DiffRow& row) {
  return row.verdict == DiffVerdict::kSlower || row.verdict == DiffVerdict::kNew;
}

bool IsFaster(const DiffRow& row) {
  return row.verdict == DiffVerdict::kFaster || row.verdict == DiffVerdict::kGone;
}

bool FailsAbove(const ProfileDiff& diff, double percent) {
  const auto fails = [&](const DiffRow& row, bool is_line) {
    if (row.verdict == DiffVerdict::kNew) {
      return row.in_new_function && 100 * row.after.self > percent * diff.after.busy;
    }
    if (row.verdict != DiffVerdict::kSlower || (is_line && row.in_edited_function)) return false;
    return 100 * *row.growth > percent;
  };
  return std::any_of(diff.lines.begin(), diff.lines.end(),
                     [&](const DiffRow& row) { return fails(row, true); }) ||
         std::any_of(diff.functions.begin(), diff.functions.end(),
                     [&](const DiffRow& row) { return fails(row, false); });
}

}  // namespace spyhop
