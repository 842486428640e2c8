#include "report/thread_table.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "report/table_cells.h"
#include "report/table_header.h"
#include "report/text_table.h"

namespace spyhop {
namespace {

using Fit = TextColumn::Fit;

// Where the terminal is narrow, classes go that nobody has been in, then the tid, and then those
// that say the least about the program.
std::vector<TextColumn> Columns(const Times& all) {
  std::vector<TextColumn> columns = {{"wall s"}, {"cpu s"}};
  for (const TimeClass c : kAllClasses) {
    const int spare = all[c] == 0 ? 4 : c == TimeClass::kRunQueue || c == TimeClass::kIdle ? 2 : 1;
    columns.push_back({.title = std::string(Name(c)), .spare = spare});
  }
  columns.push_back({.title = "tid", .spare = 3});
  columns.push_back({"thread", Fit::kCutRight, 6, 60});
  return columns;
}

std::vector<std::string> TimeCells(const Times& times, Nanos observed) {
  std::vector<std::string> cells = {SecondsCell(observed), SecondsCell(times.cpu)};
  for (const TimeClass c : kAllClasses) cells.push_back(SecondsCell(times[c]));
  return cells;
}

// The row that adds up threads[first..].
std::vector<std::string> SumCells(const std::vector<const ThreadInfo*>& threads, size_t first,
                                  const std::string& title) {
  Times times;
  Nanos observed = 0;
  for (size_t i = first; i < threads.size(); ++i) {
    times += threads[i]->times;
    observed += threads[i]->observed;
  }
  std::vector<std::string> cells = TimeCells(times, observed);
  cells.insert(cells.end(), {"", title});
  return cells;
}

}  // namespace

void WriteThreadTable(const Profile& profile, const ViewOptions& options, Sink& sink) {
  const std::vector<const ThreadInfo*> threads = KeptThreads(profile, options);
  TextTable table(Columns(TimesOfKeptThreads(profile, options.filter)));
  const size_t shown = Limited(threads.size(), options.limit);
  for (size_t i = 0; i < shown; ++i) {
    std::vector<std::string> cells = TimeCells(threads[i]->times, threads[i]->observed);
    cells.push_back(absl::StrCat(threads[i]->tid));
    cells.push_back(ThreadCell(*threads[i]));
    table.AddRow(std::move(cells));
  }
  if (shown < threads.size()) {
    table.AddRow(SumCells(threads, shown, Counted(threads.size() - shown, "more thread")));
  }
  if (threads.size() > 1) {
    table.AddRow(SumCells(threads, 0, absl::StrCat("all ", threads.size(), " threads")), true);
  }
  sink.Append("\n");
  table.Write(sink, options.width, options.color);
}

}  // namespace spyhop
