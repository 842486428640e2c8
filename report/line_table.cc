#include "report/line_table.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "report/escape.h"
#include "report/table_header.h"
#include "report/text_table.h"
#include "report/utf8.h"

namespace spyhop {
namespace {

// A name may be a megabyte long; no terminal shows more than this.
constexpr size_t kMostOfName = 1000;
constexpr double kBoldShare = 0.1;

using Fit = TextColumn::Fit;

std::string Shown(std::string_view name) {
  return EscapeForTerminal(Utf8Prefix(name, kMostOfName));
}

// The end of a path is what tells files apart.
std::string ShownPath(std::string_view path) {
  if (path.size() > kMostOfName) path.remove_prefix(path.size() - kMostOfName);
  return EscapeForTerminal(path);
}

std::string Seconds(Nanos time) {
  if (time == 0) return "-";
  return absl::StrFormat("%.3f", static_cast<double>(time) / static_cast<double>(kSecond));
}

std::string Share(Nanos part, Nanos whole) {
  if (part == 0 || whole <= 0) return "-";
  return absl::StrFormat("%.1f%%", 100 * static_cast<double>(part) / static_cast<double>(whole));
}

Nanos System(const Times& times) { return times[TimeClass::kKernel] + times[TimeClass::kWait]; }

Nanos SortValue(const LineRow& row, const ViewOptions& options) {
  switch (options.sort) {
    case SortKey::kSelf:
      return row.self.Wall(options.idle);
    case SortKey::kTotal:
      return row.total.Wall(options.idle);
    case SortKey::kPython:
      return row.self[TimeClass::kPython];
    case SortKey::kNative:
      return row.self[TimeClass::kNative];
    case SortKey::kSystem:
      return System(row.self);
    case SortKey::kWait:
      return row.self[TimeClass::kWait];
    case SortKey::kGil:
      return row.self[TimeClass::kGil];
    case SortKey::kCpu:
      return row.self.cpu;
  }
  return 0;
}

// Kept rows in the order of the table; those with nothing to show for the key are left out.
std::vector<LineRow> SortedRows(const Profile& profile, const ViewOptions& options) {
  std::vector<LineRow> rows =
      MakeLineProfile(profile, {.per_thread = options.per_thread}, [&](const Profile::Key& key) {
        return options.filter.KeepsThread(profile.thread(key.thread));
      });
  const StringTable& strings = profile.strings();
  std::erase_if(rows, [&](const LineRow& row) {
    return SortValue(row, options) <= 0 ||
           !options.filter.KeepsLine(strings.Get(row.file), strings.Get(row.function));
  });
  std::stable_sort(rows.begin(), rows.end(), [&](const LineRow& a, const LineRow& b) {
    return std::pair(SortValue(a, options), a.total.Wall(options.idle)) >
           std::pair(SortValue(b, options), b.total.Wall(options.idle));
  });
  return rows;
}

bool HasSeveralPids(const Profile& profile) {
  std::set<int> pids;
  for (const TargetInfo& target : profile.targets()) pids.insert(target.pid);
  return pids.size() > 1;
}

// The sort keys which have no column of their own get one.
std::string ExtraTitle(SortKey sort) {
  if (sort == SortKey::kCpu) return "cpu s";
  return sort == SortKey::kWait ? "wait s" : "";
}

// The one place that knows which columns there are, in which order.
class LinesSection {
 public:
  LinesSection(const Profile& profile, const ViewOptions& options)
      : profile_(profile),
        options_(options),
        whole_(TimesOfKeptThreads(profile, options.filter).Wall(options.idle)),
        several_pids_(HasSeveralPids(profile)),
        extra_(ExtraTitle(options.sort)) {}

  void Write(Sink& sink) const {
    std::vector<LineRow> rows = SortedRows(profile_, options_);
    if (rows.empty()) {
      sink.Append("\nNo line has any time to show here.\n");
      return;
    }
    const size_t all = rows.size();
    if (options_.limit > 0 && all > options_.limit) rows.resize(options_.limit);
    const std::vector<std::string> sources = Sources(rows);
    TextTable table(Columns());
    for (size_t i = 0; i < rows.size(); ++i) {
      const double self = static_cast<double>(rows[i].self.Wall(options_.idle));
      table.AddRow(Cells(rows[i], sources[i]), self >= kBoldShare * static_cast<double>(whole_));
    }
    sink.Append("\n");
    table.Write(sink, options_.width, options_.color);
    if (rows.size() < all) {
      sink.Append(absl::StrCat("and ", Counted(all - rows.size(), "more line"),
                               " (--limit 0 shows all)\n"));
    }
  }

 private:
  std::vector<TextColumn> Columns() const {
    std::vector<TextColumn> columns = {{"python"}, {"native"}, {"system"},
                                       {"gil"},    {"self s"}, {"total s"}};
    if (!extra_.empty()) columns.push_back({extra_});
    if (several_pids_) columns.push_back({"pid"});
    if (options_.per_thread) columns.push_back({"tid"});
    if (options_.per_thread) columns.push_back({"thread", Fit::kCutRight, 6, 40});
    columns.push_back({"line", Fit::kCutLeft, 12, 120});
    columns.push_back({"function", Fit::kCutRight, 8, 80});
    columns.push_back({"source", Fit::kCutRight, 16, 100, true});
    return columns;
  }

  std::vector<std::string> Cells(const LineRow& row, const std::string& source) const {
    const Times& self = row.self;
    std::vector<std::string> cells = {Share(self[TimeClass::kPython], whole_),
                                      Share(self[TimeClass::kNative], whole_),
                                      Share(System(self), whole_),
                                      Share(self[TimeClass::kGil], whole_),
                                      Seconds(self.Wall(options_.idle)),
                                      Seconds(row.total.Wall(options_.idle))};
    if (!extra_.empty()) cells.push_back(Seconds(SortValue(row, options_)));
    if (several_pids_) cells.push_back(absl::StrCat(row.pid));
    if (options_.per_thread) cells.push_back(absl::StrCat(row.tid));
    if (options_.per_thread) cells.push_back(Shown(profile_.thread(row.thread).name));
    const std::string file = ShownPath(profile_.strings().Get(row.file));
    cells.push_back(row.line > 0 && !file.empty() ? absl::StrCat(file, ":", row.line) : file);
    cells.push_back(Shown(profile_.strings().Get(row.function)));
    cells.push_back(EscapeForTerminal(source));
    return cells;
  }

  std::vector<std::string> Sources(const std::vector<LineRow>& rows) const {
    if (!options_.open_source) return std::vector<std::string>(rows.size());
    std::vector<SourcePlace> places;
    for (const LineRow& row : rows) {
      places.push_back({row.pid, std::string(profile_.strings().Get(row.file)), row.line});
    }
    return ReadSourceLines(options_.open_source, places);
  }

  const Profile& profile_;
  const ViewOptions& options_;
  const Nanos whole_;
  const bool several_pids_;
  const std::string extra_;
};

constexpr TimeClass kAllClasses[] = {
    TimeClass::kPython, TimeClass::kNative,   TimeClass::kKernel, TimeClass::kWait,
    TimeClass::kGil,    TimeClass::kRunQueue, TimeClass::kIdle,
};

std::vector<std::string> ThreadCells(const Times& times, Nanos observed) {
  std::vector<std::string> cells = {Seconds(observed), Seconds(times.cpu)};
  for (const TimeClass c : kAllClasses) cells.push_back(Seconds(times[c]));
  return cells;
}

std::vector<const ThreadInfo*> SortedThreads(const Profile& profile, const ViewOptions& options) {
  std::vector<const ThreadInfo*> threads;
  for (const ThreadInfo& thread : profile.threads()) {
    if (options.filter.KeepsThread(thread)) threads.push_back(&thread);
  }
  std::stable_sort(threads.begin(), threads.end(), [](const ThreadInfo* a, const ThreadInfo* b) {
    return std::pair(a->times.Wall(false), a->observed) >
           std::pair(b->times.Wall(false), b->observed);
  });
  return threads;
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
  std::vector<std::string> cells = ThreadCells(times, observed);
  cells.insert(cells.end(), {"", title});
  return cells;
}

}  // namespace

void WriteThreadTable(const Profile& profile, const ViewOptions& options, Sink& sink) {
  const std::vector<const ThreadInfo*> threads = SortedThreads(profile, options);
  std::vector<TextColumn> columns = {{"wall s"}, {"cpu s"}};
  for (const TimeClass c : kAllClasses) columns.push_back({std::string(Name(c))});
  columns.push_back({"tid"});
  columns.push_back({"thread", Fit::kCutRight, 6, 60});
  TextTable table(std::move(columns));
  const size_t shown =
      options.limit == 0 ? threads.size() : std::min(threads.size(), options.limit);
  for (size_t i = 0; i < shown; ++i) {
    std::vector<std::string> cells = ThreadCells(threads[i]->times, threads[i]->observed);
    cells.push_back(absl::StrCat(threads[i]->tid));
    cells.push_back(Shown(threads[i]->name));
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

void WriteLineTable(const Profile& profile, const ViewOptions& options, Sink& sink) {
  WriteTableHeader(profile, options, sink);
  LinesSection(profile, options).Write(sink);
  WriteThreadTable(profile, options, sink);
}

}  // namespace spyhop
