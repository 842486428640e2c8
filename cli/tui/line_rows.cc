// Rows per line, or per function, of all threads together or of each.
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/tui/top_cells.h"
#include "report/table_cells.h"
#include "sampler/profile/line_profile.h"

namespace spyhop {
namespace {

using Fit = TextColumn::Fit;

void AddWaits(const std::vector<Wait>& from, std::vector<Wait>& to) {
  for (const Wait& wait : from) {
    const auto known = std::find_if(to.begin(), to.end(),
                                    [&](const Wait& each) { return each.reason == wait.reason; });
    if (known == to.end()) {
      to.push_back(wait);
    } else {
      known->time += wait.time;
    }
  }
  std::stable_sort(to.begin(), to.end(),
                   [](const Wait& a, const Wait& b) { return a.time > b.time; });
}

class LineRows {
 public:
  LineRows(const TopScope& scope, bool per_function)
      : scope_(scope), profile_(scope.profile()), per_function_(per_function) {}

  TopTable Make() const {
    TopTable table;
    table.whole = scope_.whole();
    const std::vector<LineRow> rows = Rows();
    Times all;
    for (const LineRow& row : rows) all += row.self;
    table.columns = Columns(all);
    for (const LineRow& row : rows) table.rows.push_back(RowOf(row));
    table.if_empty = "No line has time to show here.";
    if (!scope_.state().filter.empty()) table.if_empty = "Nothing has this in its name.";
    SortRows(scope_, table);
    return table;
  }

 private:
  // What was typed is looked for in the names of threads, too, so lines are of threads first.
  std::vector<LineRow> Rows() const {
    const BucketFilter kept = [this](const Profile::Key& key) {
      return scope_.KeepsThread(profile_.thread(key.thread));
    };
    std::vector<LineRow> rows = MakeLineProfile(
        profile_,
        {.per_thread = true, .per_function = per_function_, .native = scope_.options().native},
        kept);
    std::erase_if(rows, [this](const LineRow& row) { return !Keeps(row); });
    return scope_.state().per_thread ? rows : OfAllThreads(std::move(rows));
  }

  bool Keeps(const LineRow& row) const {
    const std::string_view file = profile_.strings().Get(row.file);
    const std::string_view function = profile_.strings().Get(row.function);
    const bool idle = scope_.state().idle;
    return (row.total.Wall(idle) > 0 || row.total.cpu > 0) &&
           scope_.options().filter.KeepsLine(file, function) &&
           scope_.Matches({PlaceCell(file, row.line), function, profile_.thread(row.thread).name});
  }

  static std::vector<LineRow> OfAllThreads(std::vector<LineRow> rows) {
    std::map<std::tuple<int, StringId, int32_t, StringId, FrameKind>, size_t> known;
    std::vector<LineRow> joined;
    for (LineRow& row : rows) {
      const auto [at, is_new] =
          known.try_emplace({row.pid, row.file, row.line, row.function, row.kind}, joined.size());
      if (is_new) {
        row.tid = 0;
        joined.push_back(std::move(row));
        continue;
      }
      LineRow& sum = joined[at->second];
      sum.self += row.self;
      sum.total += row.total;
      AddWaits(row.waits, sum.waits);
    }
    return joined;
  }

  std::vector<TextColumn> Columns(const Times& all) const {
    std::vector<TextColumn> columns = ClassColumns(scope_, all);
    columns.push_back({.title = Title(scope_, SortKey::kSelf, "self"), .spare = 5});
    columns.push_back({.title = Title(scope_, SortKey::kTotal, "total"), .spare = 2});
    if (scope_.several_pids()) columns.push_back({.title = "pid", .spare = 2});
    if (scope_.state().per_thread) columns.push_back({"thread", Fit::kCutRight, 6, 30, false, 3});
    columns.push_back({per_function_ ? "file" : "line", Fit::kCutLeft, 10, 60, false, 0});
    columns.push_back({"function", Fit::kCutRight, 8, 40, false, per_function_ ? 0 : 1});
    columns.push_back({"waits for", Fit::kCutRight, 12, 44, true});
    if (!per_function_) columns.push_back({"source", Fit::kCutRight, 12, 100, true});
    return columns;
  }

  TopRow RowOf(const LineRow& row) const {
    TopRow made;
    made.times = row.self;
    made.sort = scope_.SortFigure(row.self, row.total);
    AddClassCells(scope_, row.self, made.cells);
    const bool idle = scope_.state().idle;
    made.cells.push_back(scope_.Share(row.self.Wall(idle)));
    made.cells.push_back(scope_.Share(row.total.Wall(idle)));
    if (scope_.several_pids()) made.cells.push_back(absl::StrCat(row.pid));
    made.choice = {.pid = row.pid, .tid = row.tid};
    if (row.tid == 0) made.choice = {};
    if (scope_.state().per_thread) made.cells.push_back(ThreadCell(profile_.thread(row.thread)));
    const std::string_view file = profile_.strings().Get(row.file);
    const bool is_native = row.kind == FrameKind::kNative;
    made.cells.push_back(is_native ? ModuleCell(file) : PlaceCell(file, row.line));
    made.cells.push_back(NameCell(profile_.strings().Get(row.function)));
    made.cells.push_back(WaitCell(scope_, row.waits));
    if (!is_native && !per_function_) {
      made.source = {.pid = row.pid, .file = std::string(file), .line = row.line};
    }
    return made;
  }

  const TopScope& scope_;
  const Profile& profile_;
  const bool per_function_;
};

}  // namespace

TopTable MakeLineRows(const TopScope& scope, bool per_function) {
  return LineRows(scope, per_function).Make();
}

}  // namespace spyhop
