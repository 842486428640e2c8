#include "cli/tui/top_cells.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/absl_view.h"
#include "report/table_cells.h"

namespace spyhop {
namespace {

constexpr size_t kMostOfText = 4096;  // of a name, for the filter

std::string Lower(std::string_view text) {
  return absl::AsciiStrToLower(AbslView(text.substr(0, kMostOfText)));
}

struct ClassColumn {
  TimeClass time_class;
  SortKey key;
};
constexpr ClassColumn kClassColumns[] = {
    {TimeClass::kPython, SortKey::kPython}, {TimeClass::kNative, SortKey::kNative},
    {TimeClass::kKernel, SortKey::kSystem}, {TimeClass::kWait, SortKey::kWait},
    {TimeClass::kGil, SortKey::kGil},       {TimeClass::kRunQueue, SortKey::kSelf},
    {TimeClass::kIdle, SortKey::kSelf},
};

bool HasKey(TimeClass c) { return c != TimeClass::kRunQueue && c != TimeClass::kIdle; }

}  // namespace

TopScope::TopScope(const TopData& data, const TopState& state, const TopOptions& options)
    : data_(data), state_(state), options_(options), wanted_(Lower(state.filter)) {}

bool TopScope::KeepsThread(const ThreadInfo& thread) const {
  if (!options_.filter.KeepsThread(thread)) return false;
  if (!state_.choice) return true;
  const bool of_thread = state_.choice->tid != 0;
  return PidOf(thread) == state_.choice->pid && (!of_thread || thread.tid == state_.choice->tid);
}

bool TopScope::Matches(std::initializer_list<std::string_view> texts) const {
  if (wanted_.empty()) return true;
  return std::any_of(texts.begin(), texts.end(), [this](std::string_view text) {
    return Lower(text).find(wanted_) != std::string::npos;
  });
}

std::string TopScope::Share(Nanos part) const {
  if (part == 0 || whole() <= 0) return "-";
  return absl::StrFormat("%.1f", 100 * static_cast<double>(part) / static_cast<double>(whole()));
}

double TopScope::SortFigure(const Times& self, const Times& total) const {
  const ViewOptions view{.idle = state_.idle, .sort = state_.sort};
  return static_cast<double>(SortValue(self, total, view));
}

std::string Title(const TopScope& scope, SortKey key, std::string_view title) {
  const SortKey by = scope.state().sort;
  // Of two columns together, both.
  const bool sorted = by == key || (by == SortKey::kSystem && key == SortKey::kWait);
  return absl::StrCat(sorted ? (scope.state().reverse ? "^" : "*") : "", AbslView(title));
}

std::vector<TextColumn> ClassColumns(const TopScope& scope, const Times& all) {
  std::vector<TextColumn> columns = {{.title = Title(scope, SortKey::kCpu, "cpu")}};
  for (const ClassColumn& column : kClassColumns) {
    const TimeClass c = column.time_class;
    if (c == TimeClass::kIdle && !scope.state().idle) continue;
    const int spare = all[c] == 0 ? 6 : !HasKey(c) ? 4 : c == TimeClass::kGil ? 3 : 1;
    columns.push_back(
        {.title = HasKey(c) ? Title(scope, column.key, Name(c)) : std::string(Name(c)),
         .spare = spare});
  }
  return columns;
}

void AddClassCells(const TopScope& scope, const Times& times, std::vector<std::string>& cells) {
  cells.push_back(scope.Share(times.cpu));
  for (const ClassColumn& column : kClassColumns) {
    if (column.time_class == TimeClass::kIdle && !scope.state().idle) continue;
    cells.push_back(scope.Share(times[column.time_class]));
  }
}

void SortRows(const TopScope& scope, TopTable& table) {
  const bool reverse = scope.state().reverse;
  std::stable_sort(table.rows.begin(), table.rows.end(),
                   [reverse, &scope](const TopRow& a, const TopRow& b) {
                     const bool idle = scope.state().idle;
                     const auto order = [idle](const TopRow& row) {
                       return std::pair(row.sort, row.times.Wall(idle));
                     };
                     return reverse ? order(a) < order(b) : order(a) > order(b);
                   });
  if (table.rows.size() <= kMostTopRows) return;
  table.left_out = table.rows.size() - kMostTopRows;
  table.rows.resize(kMostTopRows);
}

std::string WaitCell(const TopScope& scope, const std::vector<Wait>& waits) {
  if (waits.empty() || waits.front().time == 0) return "";
  const std::string_view reason = scope.profile().strings().Get(waits.front().reason);
  return reason.empty() ? "" : absl::StrCat(NameCell(reason), " ", scope.Share(waits.front().time));
}

namespace {

TopTable MakeRows(const TopScope& scope) {
  switch (scope.state().view) {
    case TopView::kLines:
      return MakeLineRows(scope, false);
    case TopView::kFunctions:
      return MakeLineRows(scope, true);
    case TopView::kThreads:
      return MakeThreadRows(scope);
    case TopView::kStacks:
      return MakeStackRows(scope);
    case TopView::kProcesses:
      return MakeProcessRows(scope);
  }
  return {};
}

}  // namespace

TopTable MakeTopTable(const TopData& data, const TopState& state, const TopOptions& options) {
  TopTable table = MakeRows(TopScope(data, state, options));
  if (table.whole == 0) table.if_empty = "Nothing has been sampled yet.";
  return table;
}

}  // namespace spyhop
