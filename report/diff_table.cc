#include "report/diff_table.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "report/display_width.h"
#include "report/escape.h"
#include "report/table_cells.h"
#include "report/table_header.h"
#include "report/text_table.h"

namespace spyhop {
namespace {

using Fit = TextColumn::Fit;

constexpr size_t kMostTargets = 4;
constexpr size_t kMostOfCommand = 300;

bool IsPerFunction(TableView view) { return view == TableView::kFunctions; }

const std::vector<DiffRow>& RowsOf(const ProfileDiff& diff, TableView view) {
  return IsPerFunction(view) ? diff.functions : diff.lines;
}

std::string MillisecondsCell(double rate) {
  return rate == 0 ? "-" : absl::StrFormat("%.1f", 1000 * rate);
}

std::string PercentCell(double part) {
  return absl::StrFormat("%+.*f%%", std::abs(part) < 0.1 ? 1 : 0, 100 * part);
}

std::string GrowthCell(const DiffRow& row) {
  if (row.verdict == DiffVerdict::kNew || row.verdict == DiffVerdict::kGone || !row.growth) {
    return std::string(Name(row.verdict));
  }
  return PercentCell(*row.growth);
}

std::string WithinCell(const DiffRow& row) {
  if (!row.growth_within) return "-";
  return absl::StrCat(PercentCell(row.growth_within->low), "..",
                      PercentCell(row.growth_within->high));
}

std::string ConfidenceCell(const DiffRow& row) {
  if (row.chance < 0.0001) return ">99.99%";
  return absl::StrFormat("%.2f%%", 100 * (1 - row.chance));
}

std::string TargetText(const TargetInfo& target) {
  std::string command = EscapeForTerminal(absl::StrJoin(target.command, " "));
  if (command.empty()) command = EscapeForTerminal(target.executable);
  return absl::StrCat("process ", target.pid, ", Python ", EscapeForTerminal(target.python_version),
                      ": ", command);
}

std::string SideLine(std::string_view title, const DiffSummary& side, size_t width) {
  std::vector<std::string> targets;
  for (size_t i = 0; i < std::min(side.targets.size(), kMostTargets); ++i) {
    targets.push_back(CutRight(TargetText(side.targets[i]), kMostOfCommand));
  }
  if (side.targets.size() > kMostTargets) {
    targets.push_back(absl::StrCat(side.targets.size() - kMostTargets, " more"));
  }
  const std::string line =
      absl::StrCat(std::string(title), " ", ShortNumber(side.duration_s), " s at ",
                   ShortNumber(side.achieved_hz), " Hz, ", Counted(side.samples, "sample"), ", ",
                   MillisecondsCell(side.busy), " ms/s busy; ", absl::StrJoin(targets, "; "));
  return absl::StrCat(width == 0 ? line : CutRight(line, width), "\n");
}

std::string BasisText(const ProfileDiff& diff) {
  std::string text = absl::StrCat(
      "Self time in ms for each second of the clock; a program that has not changed shows a change "
      "in at most ",
      ShortNumber(100 * diff.options.alpha), " % of comparisons");
  if (diff.pace != 1) {
    absl::StrAppend(&text, "; the program has no time to spare: what did not change takes ",
                    ShortNumber(diff.pace),
                    " of its time before, so that is what is expected of each line");
  }
  if (diff.common_factor != 1) {
    absl::StrAppend(&text, "; most lines alike take ", ShortNumber(diff.common_factor),
                    " times their time before: another load, or another machine?");
  }
  if (diff.phases_too_long) {
    absl::StrAppend(&text,
                    "; the program's phases last too long to tell anything for sure from "
                    "so few of them: record for longer");
  }
  if (diff.before.blocks == 0 || diff.after.blocks == 0) {
    absl::StrAppend(&text,
                    "; without a timeline long enough, chance is estimated from numbers of "
                    "samples alone");
  }
  return text;
}

// How many rows got slower, and faster.
std::pair<size_t, size_t> Changes(const std::vector<DiffRow>& rows) {
  return {std::count_if(rows.begin(), rows.end(), IsSlower),
          std::count_if(rows.begin(), rows.end(), IsFaster)};
}

std::string CountText(size_t count, const std::string& thing) {
  return count == 0 ? "none" : Counted(count, thing);
}

std::string ResolutionText(const ProfileDiff& diff) {
  if (!diff.resolution) return "No line has enough time to be compared.";
  return absl::StrCat("The busiest line's time for each second would have had to change by ",
                      ShortNumber(100 * *diff.resolution),
                      " % to be told; longer recordings tell more.");
}

class ChangesSection {
 public:
  ChangesSection(const ProfileDiff& diff, const ViewOptions& options)
      : diff_(diff),
        options_(options),
        per_function_(IsPerFunction(options.table)),
        shows_expected_(diff.pace != 1) {}

  void Write(Sink& sink) const {
    std::vector<const DiffRow*> rows;
    for (const DiffRow& row : RowsOf(diff_, options_.table)) {
      const bool changed = row.verdict != DiffVerdict::kSame;
      if (changed && options_.filter.KeepsLine(row.file, row.function)) rows.push_back(&row);
    }
    if (rows.empty()) return;
    const size_t all = rows.size();
    rows.resize(Limited(all, options_.limit));
    TextTable table(Columns());
    for (const DiffRow* row : rows) table.AddRow(Cells(*row), IsSlower(*row));
    sink.Append("\n");
    table.Write(sink, options_.width, options_.color);
    WriteLeftOut(all - rows.size(), per_function_ ? "more function" : "more line", sink);
  }

 private:
  std::vector<TextColumn> Columns() const {
    std::vector<TextColumn> columns = {{.title = "change"}, {.title = "95 % within", .spare = 3}};
    columns.push_back({.title = "before"});
    if (shows_expected_) columns.push_back({.title = "expected", .spare = 2});
    columns.push_back({.title = "after"});
    columns.push_back({.title = "confidence", .spare = 4});
    columns.push_back({per_function_ ? "file" : "line", Fit::kCutLeft, 12, 120});
    columns.push_back({"function", Fit::kCutRight, 8, 80, false, per_function_ ? 0 : 1});
    return columns;
  }

  std::vector<std::string> Cells(const DiffRow& row) const {
    std::vector<std::string> cells = {GrowthCell(row), WithinCell(row),
                                      MillisecondsCell(row.before.self)};
    if (shows_expected_) cells.push_back(MillisecondsCell(row.expected));
    cells.push_back(MillisecondsCell(row.after.self));
    cells.push_back(ConfidenceCell(row));
    cells.push_back(PlaceCell(row.file, row.line));
    cells.push_back(NameCell(row.function));
    return cells;
  }

  const ProfileDiff& diff_;
  const ViewOptions& options_;
  const bool per_function_;
  const bool shows_expected_;
};

}  // namespace

std::string DiffVerdictText(const ProfileDiff& diff, TableView view) {
  if (diff.before.samples == 0 || diff.after.samples == 0) {
    return absl::StrCat("nothing to compare: no samples in ",
                        diff.before.samples == 0 ? "BEFORE" : "AFTER");
  }
  const auto [slower, faster] = Changes(RowsOf(diff, view));
  if (slower + faster == 0) {
    return absl::StrCat("no change: nothing differs by more than chance would have it. ",
                        diff.phases_too_long ? "" : ResolutionText(diff));
  }
  const std::string thing = IsPerFunction(view) ? "function" : "line";
  return absl::StrCat("slower: ", CountText(slower, thing), "; faster: ", CountText(faster, thing));
}

void WriteDiffTable(const ProfileDiff& diff, const ViewOptions& options, Sink& sink) {
  sink.Append(SideLine("BEFORE", diff.before, options.width));
  sink.Append(SideLine("AFTER ", diff.after, options.width));
  WriteWrapped(BasisText(diff), options.width, sink);
  WriteWrapped(DiffVerdictText(diff, options.table), options.width, sink);
  ChangesSection(diff, options).Write(sink);
  if (!diff.options.fail_above) return;
  sink.Append(absl::StrCat(FailsAbove(diff, *diff.options.fail_above) ? "\nSomething" : "\nNothing",
                           " got slower by more than ", ShortNumber(*diff.options.fail_above),
                           " %.\n"));
}

}  // namespace spyhop
