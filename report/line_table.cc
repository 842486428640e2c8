#include "report/line_table.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "report/escape.h"
#include "report/table_cells.h"
#include "report/table_header.h"
#include "report/text_table.h"
#include "report/thread_table.h"

namespace spyhop {
namespace {

constexpr double kBoldShare = 0.1;

using Fit = TextColumn::Fit;

// Kept rows in the order of the table; those with nothing to show for the key are left out.
std::vector<LineRow> SortedRows(const Profile& profile, const ViewOptions& options,
                                LineGrouping grouping) {
  std::vector<LineRow> rows =
      MakeLineProfile(profile, grouping, OfKeptThreads(profile, options.filter));
  const StringTable& strings = profile.strings();
  std::erase_if(rows, [&](const LineRow& row) {
    return SortValue(row.self, row.total, options) <= 0 ||
           !options.filter.KeepsLine(strings.Get(row.file), strings.Get(row.function));
  });
  std::stable_sort(rows.begin(), rows.end(), [&](const LineRow& a, const LineRow& b) {
    return std::pair(SortValue(a.self, a.total, options), a.total.Wall(options.idle)) >
           std::pair(SortValue(b.self, b.total, options), b.total.Wall(options.idle));
  });
  return rows;
}

// The one place that knows which columns there are, in which order.
class RowsSection {
 public:
  RowsSection(const Profile& profile, const ViewOptions& options, bool per_function)
      : profile_(profile),
        options_(options),
        per_function_(per_function),
        all_(TimesOfKeptThreads(profile, options.filter)),
        whole_(all_.Wall(options.idle)),
        several_pids_(HasSeveralPids(profile)) {}

  void Write(Sink& sink) const {
    std::vector<LineRow> rows = SortedRows(profile_, options_,
                                           {.per_thread = options_.per_thread,
                                            .per_function = per_function_,
                                            .native = options_.native});
    const std::string thing = per_function_ ? "function" : "line";
    if (rows.empty()) {
      sink.Append(absl::StrCat("\nNo ", thing, " has any time to show here.\n"));
      return;
    }
    const size_t all = rows.size();
    rows.resize(Limited(all, options_.limit));
    const std::vector<std::string> sources = Sources(rows);
    TextTable table(Columns());
    for (size_t i = 0; i < rows.size(); ++i) {
      const double self = static_cast<double>(rows[i].self.Wall(options_.idle));
      table.AddRow(Cells(rows[i], sources[i]), self >= kBoldShare * static_cast<double>(whole_));
    }
    sink.Append("\n");
    table.Write(sink, options_.width, options_.color);
    WriteLeftOut(all - rows.size(), absl::StrCat("more ", thing), sink);
  }

 private:
  bool shows_run_queue() const {
    const Nanos queued = all_[TimeClass::kRunQueue];
    return queued > 0 && queued * 100 >= whole_;
  }
  bool shows_cpu() const { return per_function_ || options_.sort == SortKey::kCpu; }
  bool shows_wait() const { return options_.sort == SortKey::kWait; }

  std::vector<TextColumn> Columns() const {
    std::vector<TextColumn> columns;
    for (const char* title : {"python", "native", "system", "gil"}) {
      columns.push_back({.title = title, .spare = 1});
    }
    if (shows_run_queue()) columns.push_back({.title = "runq", .spare = 5});
    if (options_.idle) columns.push_back({.title = "idle", .spare = 3});
    columns.push_back({.title = "self s"});
    columns.push_back({.title = "total s", .spare = 4});
    if (shows_cpu()) columns.push_back({.title = "cpu s", .spare = 3});
    if (shows_wait()) columns.push_back({.title = "wait s", .spare = 3});
    if (several_pids_) columns.push_back({.title = "pid", .spare = 2});
    if (options_.per_thread) {
      columns.push_back({.title = "tid", .spare = 6});
      columns.push_back({"thread", Fit::kCutRight, 6, 40, false, 2});
    }
    columns.push_back({per_function_ ? "file" : "line", Fit::kCutLeft, 12, 120});
    columns.push_back({"function", Fit::kCutRight, 8, 80, false, per_function_ ? 0 : 2});
    if (!per_function_) columns.push_back({"source", Fit::kCutRight, 16, 100, true});
    return columns;
  }

  std::vector<std::string> Cells(const LineRow& row, const std::string& source) const {
    std::vector<std::string> cells = ShareCells(row.self);
    cells.push_back(SecondsCell(row.self.Wall(options_.idle)));
    cells.push_back(SecondsCell(row.total.Wall(options_.idle)));
    if (shows_cpu()) cells.push_back(SecondsCell(row.self.cpu));
    if (shows_wait()) cells.push_back(SecondsCell(row.self[TimeClass::kWait]));
    if (several_pids_) cells.push_back(absl::StrCat(row.pid));
    if (options_.per_thread) {
      cells.push_back(absl::StrCat(row.tid));
      cells.push_back(ThreadCell(profile_.thread(row.thread)));
    }
    const std::string_view file = profile_.strings().Get(row.file);
    cells.push_back(row.kind == FrameKind::kNative ? ModuleCell(file) : PlaceCell(file, row.line));
    cells.push_back(NameCell(profile_.strings().Get(row.function)));
    if (!per_function_) cells.push_back(EscapeForTerminal(source));
    return cells;
  }

  std::vector<std::string> ShareCells(const Times& self) const {
    std::vector<std::string> cells;
    for (const Nanos part : {self[TimeClass::kPython], self[TimeClass::kNative], System(self),
                             self[TimeClass::kGil]}) {
      cells.push_back(ShareCell(part, whole_));
    }
    if (shows_run_queue()) cells.push_back(ShareCell(self[TimeClass::kRunQueue], whole_));
    if (options_.idle) cells.push_back(ShareCell(self[TimeClass::kIdle], whole_));
    return cells;
  }

  std::vector<std::string> Sources(const std::vector<LineRow>& rows) const {
    if (per_function_ || !options_.open_source) return std::vector<std::string>(rows.size());
    std::vector<SourcePlace> places;
    for (const LineRow& row : rows) {
      places.push_back({row.pid, std::string(profile_.strings().Get(row.file)), row.line});
    }
    return ReadSourceLines(options_.open_source, places);
  }

  const Profile& profile_;
  const ViewOptions& options_;
  const bool per_function_;
  const Times all_;
  const Nanos whole_;
  const bool several_pids_;
};

void WriteRowTable(const Profile& profile, const ViewOptions& options, bool per_function,
                   Sink& sink) {
  WriteTableHeader(profile, options, sink);
  RowsSection(profile, options, per_function).Write(sink);
  WriteThreadTable(profile, options, sink);
}

}  // namespace

void WriteLineTable(const Profile& profile, const ViewOptions& options, Sink& sink) {
  WriteRowTable(profile, options, false, sink);
}

void WriteFunctionTable(const Profile& profile, const ViewOptions& options, Sink& sink) {
  WriteRowTable(profile, options, true, sink);
}

}  // namespace spyhop
