#include "report/wait_table.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "report/table_cells.h"
#include "report/table_header.h"
#include "report/text_table.h"
#include "report/wait_profile.h"

namespace spyhop {
namespace {

// Lines below a reason, unless all rows are asked for.
constexpr size_t kMostLines = 3;

using Fit = TextColumn::Fit;

// All waits of a class.
struct ClassSum {
  Nanos time = 0;
  uint64_t samples = 0;
  size_t reasons = 0;
};

class WaitsSection {
 public:
  WaitsSection(const Profile& profile, const ViewOptions& options)
      : profile_(profile),
        options_(options),
        whole_(TimesOfKeptThreads(profile, options.filter).Wall(options.idle)),
        several_pids_(HasSeveralPids(profile)) {}

  void Write(Sink& sink) const {
    const std::vector<WaitRow> rows = MakeWaitProfile(
        profile_, {.per_thread = options_.per_thread, .idle = options_.idle}, [this](auto& key) {
          return options_.filter.KeepsThread(profile_.thread(key.thread)) &&
                 options_.filter.KeepsStack(profile_, key.stack);
        });
    if (rows.empty()) {
      sink.Append("\nNo thread has waited for anything here.\n");
      return;
    }
    TextTable table(Columns());
    const size_t shown = Limited(rows.size(), options_.limit);
    for (size_t i = 0; i < shown; ++i) AddReason(rows[i], table);
    AddSums(rows, table);
    sink.Append("\n");
    table.Write(sink, options_.width, options_.color);
    WriteLeftOut(rows.size() - shown, "more reason", sink);
  }

 private:
  std::vector<TextColumn> Columns() const {
    std::vector<TextColumn> columns = {{.title = "seconds"},
                                       {.title = "share", .spare = 2},
                                       {.title = "samples", .spare = 5},
                                       {.title = "threads", .spare = 4}};
    if (options_.per_thread && several_pids_) columns.push_back({.title = "pid", .spare = 2});
    if (options_.per_thread) {
      columns.push_back({.title = "tid", .spare = 6});
      columns.push_back({"thread", Fit::kCutRight, 6, 40, false, 2});
    }
    columns.push_back({"class", Fit::kCutRight, 5, 6, false, 3});
    columns.push_back({"reason", Fit::kCutRight, 12, 80});
    columns.push_back({"line", Fit::kCutLeft, 12, 100, false, 1});
    columns.push_back({"function", Fit::kCutRight, 8, 60, false, 2});
    return columns;
  }

  void AddReason(const WaitRow& row, TextTable& table) const {
    std::vector<std::string> cells = Figures(row.time, row.samples, row.threads);
    AddThreadCells(&row, cells);
    const std::string reason = NameCell(profile_.strings().Get(row.reason));
    cells.push_back(std::string(Name(row.time_class)));
    cells.push_back(reason.empty() ? "(not known)" : reason);
    const bool is_one_line = row.lines.size() == 1 && row.lines[0].time == row.time;
    if (is_one_line) AddPlaceCells(row.lines[0], cells);
    table.AddRow(std::move(cells), true);
    if (is_one_line) return;
    const size_t shown = options_.limit == 0 ? row.lines.size() : kMostLines;
    for (size_t i = 0; i < std::min(shown, row.lines.size()); ++i) AddLine(row.lines[i], table);
  }

  void AddLine(const WaitingLine& line, TextTable& table) const {
    std::vector<std::string> cells = Figures(line.time, line.samples, line.threads);
    AddThreadCells(nullptr, cells);
    cells.insert(cells.end(), {"", ""});
    AddPlaceCells(line, cells);
    table.AddRow(std::move(cells));
  }

  void AddPlaceCells(const WaitingLine& line, std::vector<std::string>& cells) const {
    cells.push_back(PlaceCell(profile_.strings().Get(line.file), line.line));
    cells.push_back(NameCell(profile_.strings().Get(line.function)));
  }

  // A row for each class with several reasons.
  void AddSums(const std::vector<WaitRow>& rows, TextTable& table) const {
    for (const TimeClass c : {TimeClass::kWait, TimeClass::kGil, TimeClass::kIdle}) {
      ClassSum sum;
      for (const WaitRow& row : rows) {
        if (row.time_class != c) continue;
        sum.time += row.time;
        sum.samples += row.samples;
        ++sum.reasons;
      }
      if (sum.reasons < 2) continue;
      std::vector<std::string> cells = Figures(sum.time, sum.samples, 0);
      AddThreadCells(nullptr, cells);
      cells.push_back(std::string(Name(c)));
      cells.push_back(absl::StrCat("all ", sum.reasons, " reasons"));
      table.AddRow(std::move(cells), true);
    }
  }

  std::vector<std::string> Figures(Nanos time, uint64_t samples, size_t threads) const {
    return {SecondsCell(time), ShareCell(time, whole_), absl::StrCat(samples),
            threads == 0 ? "" : absl::StrCat(threads)};
  }

  void AddThreadCells(const WaitRow* row, std::vector<std::string>& cells) const {
    if (!options_.per_thread) return;
    const ThreadInfo* thread = row == nullptr ? nullptr : &profile_.thread(row->thread);
    if (several_pids_) {
      cells.push_back(thread == nullptr ? ""
                                        : absl::StrCat(profile_.targets()[thread->target].pid));
    }
    cells.push_back(thread == nullptr ? "" : absl::StrCat(thread->tid));
    cells.push_back(thread == nullptr ? "" : ThreadCell(*thread));
  }

  const Profile& profile_;
  const ViewOptions& options_;
  const Nanos whole_;
  const bool several_pids_;
};

}  // namespace

void WriteWaitTable(const Profile& profile, const ViewOptions& options, Sink& sink) {
  WriteTableHeader(profile, options, sink);
  WaitsSection(profile, options).Write(sink);
}

}  // namespace spyhop
