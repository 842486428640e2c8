#include "report/thread_view.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/absl_view.h"
#include "report/display_width.h"
#include "report/table_cells.h"
#include "report/table_header.h"
#include "report/text_table.h"

namespace spyhop {
namespace {

using Fit = TextColumn::Fit;
using PidTid = std::pair<int, int>;

// Its rows, and all that went by its pid and tid: an exec makes a new thread of the same.
struct ThreadSection {
  int pid = 0;
  const ThreadInfo* info = nullptr;
  Times times;
  Nanos observed = 0;
  std::vector<LineRow> rows;
};

double InSeconds(Nanos time) { return static_cast<double>(time) / static_cast<double>(kSecond); }

class ThreadSections {
 public:
  ThreadSections(const Profile& profile, const ViewOptions& options)
      : profile_(profile), options_(options) {
    for (const ThreadInfo* thread : KeptThreads(profile, options)) AddThread(*thread);
    for (LineRow& row : MakeLineProfile(profile, {}, OfKeptThreads(profile, options.filter))) {
      if (IsShown(row)) sections_[index_[{row.pid, row.tid}]].rows.push_back(std::move(row));
    }
  }

  void Write(Sink& sink) const {
    const size_t shown = Limited(sections_.size(), options_.limit);
    for (size_t i = 0; i < shown; ++i) WriteSection(sections_[i], sink);
    if (shown < sections_.size()) sink.Append("\n");
    WriteLeftOut(sections_.size() - shown, "more thread", sink);
    if (sections_.empty()) sink.Append("\nNo thread is kept here.\n");
  }

 private:
  void AddThread(const ThreadInfo& thread) {
    const int pid = profile_.targets()[thread.target].pid;
    const auto [entry, is_new] = index_.try_emplace(PidTid{pid, thread.tid}, sections_.size());
    if (is_new) sections_.push_back({.pid = pid, .info = &thread});
    sections_[entry->second].times += thread.times;
    sections_[entry->second].observed += thread.observed;
  }

  bool IsShown(const LineRow& row) const {
    const StringTable& strings = profile_.strings();
    return (row.total.Wall(options_.idle) > 0 || row.total.cpu > 0) &&
           options_.filter.KeepsLine(strings.Get(row.file), strings.Get(row.function));
  }

  void WriteSection(const ThreadSection& section, Sink& sink) const {
    const std::string title = Title(section);
    sink.Append(options_.color ? absl::StrCat("\n\x1b[1m", title, "\x1b[0m\n")
                               : absl::StrCat("\n", title, "\n"));
    if (!section.rows.empty()) WriteRows(section.rows, sink);
    WriteWrapped(Totals(section), options_.width, sink);
  }

  // A long name gives way, the figures stay.
  std::string Title(const ThreadSection& section) const {
    std::string name = ThreadCell(*section.info);
    const std::string figures =
        absl::StrFormat(" (%d samples, %.3f seconds)", section.times.Samples(options_.idle),
                        InSeconds(section.times.Wall(options_.idle)));
    const std::string start = "Thread ";
    const size_t used = start.size() + figures.size();
    if (options_.width > 0) name = CutRight(name, options_.width - std::min(options_.width, used));
    return absl::StrCat(start, name, figures);
  }

  void WriteRows(std::vector<LineRow> rows, Sink& sink) const {
    std::stable_sort(rows.begin(), rows.end(), [this](const LineRow& a, const LineRow& b) {
      return std::pair(SortValue(a.self, a.total, options_), a.total.Wall(options_.idle)) >
             std::pair(SortValue(b.self, b.total, options_), b.total.Wall(options_.idle));
    });
    TextTable table({{.title = "cpu_time (cum)", .spare = 2},
                     {.title = "ticks (cum)"},
                     {.title = "samples (cum)", .spare = 3},
                     {"filename:lineno", Fit::kCutLeft, 12, 120},
                     {"function", Fit::kCutRight, 8, 80, false, 1}});
    const size_t shown = Limited(rows.size(), options_.limit);
    for (size_t i = 0; i < shown; ++i) table.AddRow(Cells(rows[i]));
    table.Write(sink, options_.width, options_.color);
    WriteLeftOut(rows.size() - shown, "more line", sink);
  }

  std::vector<std::string> Cells(const LineRow& row) const {
    const Times& self = row.self;
    const Times& total = row.total;
    return {absl::StrFormat("%.3f (%.3f)", InSeconds(self.cpu), InSeconds(total.cpu)),
            absl::StrFormat("%d (%d)", Ticks(self), Ticks(total)),
            absl::StrFormat("%d (%d)", self.Samples(options_.idle), total.Samples(options_.idle)),
            PlaceCell(profile_.strings().Get(row.file), row.line),
            NameCell(profile_.strings().Get(row.function))};
  }

  int64_t Ticks(const Times& times) const {
    return std::llround(InSeconds(times.Wall(options_.idle)) * profile_.figures().rate_hz);
  }

  // "Totals of tid 42: wall 3 s, cpu 2.9 s; python 2 s (66.7%), wait 1 s (33.3%)".
  std::string Totals(const ThreadSection& section) const {
    std::vector<std::string> parts;
    for (const TimeClass c : kAllClasses) {
      const Nanos time = section.times[c];
      if (time == 0) continue;
      parts.push_back(absl::StrCat(AbslView(Name(c)), " ", SecondsCell(time), " s (",
                                   ShareCell(time, section.observed), ")"));
    }
    const std::string pid =
        HasSeveralPids(profile_) ? absl::StrCat("pid ", section.pid, " ") : std::string();
    return absl::StrCat("Totals of ", pid, "tid ", section.info->tid,
                        absl::StrFormat(": wall %.3f s, cpu %.3f s", InSeconds(section.observed),
                                        InSeconds(section.times.cpu)),
                        parts.empty() ? "" : "; ", absl::StrJoin(parts, ", "));
  }

  const Profile& profile_;
  const ViewOptions& options_;
  std::vector<ThreadSection> sections_;
  std::map<PidTid, size_t> index_;  // of sections_
};

}  // namespace

void WriteThreadView(const Profile& profile, const ViewOptions& options, Sink& sink) {
  WriteTableHeader(profile, options, sink);
  ThreadSections(profile, options).Write(sink);
}

}  // namespace spyhop
