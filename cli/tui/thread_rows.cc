// Rows per thread and per process.
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/tui/top_cells.h"
#include "report/escape.h"
#include "report/table_cells.h"
#include "sampler/profile/line_profile.h"

namespace spyhop {
namespace {

using Fit = TextColumn::Fit;
using PidTid = std::pair<int, int>;

// Where a thread spent most of its time, and what it waited for.
struct Whereabouts {
  std::string place;
  Nanos time = 0;
  std::vector<Wait> waits;
};

std::map<PidTid, Whereabouts> MakeWhereabouts(const TopScope& scope) {
  const Profile& profile = scope.profile();
  std::map<PidTid, Whereabouts> made;
  for (const LineRow& row : MakeLineProfile(profile, {.per_thread = true})) {
    Whereabouts& of_thread = made[{row.pid, row.tid}];
    const Nanos time = row.self.Wall(true);
    if (time <= of_thread.time) continue;
    of_thread.time = time;
    of_thread.place = absl::StrCat(NameCell(profile.strings().Get(row.function)), " ",
                                   PlaceCell(profile.strings().Get(row.file), row.line));
    of_thread.waits = row.waits;
  }
  return made;
}

bool IsShown(const TopScope& scope, const Times& times) {
  return scope.state().idle || times.Wall(false) > 0 || times.cpu > 0;
}

}  // namespace

TopTable MakeThreadRows(const TopScope& scope) {
  const Profile& profile = scope.profile();
  TopTable table;
  table.whole = scope.whole();
  table.if_empty = "No thread that is not idle (i shows idle ones).";
  const std::map<PidTid, Whereabouts> whereabouts = MakeWhereabouts(scope);
  Times all;
  for (const ThreadInfo& thread : profile.threads()) {
    if (!scope.KeepsThread(thread) || !IsShown(scope, thread.times)) continue;
    const int pid = scope.PidOf(thread);
    const auto found = whereabouts.find({pid, thread.tid});
    const Whereabouts where = found == whereabouts.end() ? Whereabouts() : found->second;
    if (!scope.Matches({thread.name, std::to_string(thread.tid), where.place})) continue;
    all += thread.times;
    TopRow row{.times = thread.times,
               .choice = {.pid = pid, .tid = thread.tid},
               .sort = scope.SortFigure(thread.times, thread.times)};
    AddClassCells(scope, thread.times, row.cells);
    if (scope.several_pids()) row.cells.push_back(absl::StrCat(pid));
    row.cells.push_back(absl::StrCat(thread.tid));
    row.cells.push_back(ThreadCell(thread));
    row.cells.push_back(WaitCell(scope, where.waits));
    row.cells.push_back(where.place);
    table.rows.push_back(std::move(row));
  }
  table.columns = ClassColumns(scope, all);
  if (scope.several_pids()) table.columns.push_back({.title = "pid", .spare = 2});
  table.columns.push_back({.title = "tid", .spare = 2});
  table.columns.push_back({"thread", Fit::kCutRight, 8, 30});
  table.columns.push_back({"waits for", Fit::kCutRight, 12, 44, true});
  table.columns.push_back({"mostly at", Fit::kCutRight, 12, 80, true});
  SortRows(scope, table);
  return table;
}

TopTable MakeProcessRows(const TopScope& scope) {
  TopTable table;
  table.whole = scope.whole();
  table.if_empty = "No process has this in its name.";
  Times all;
  for (const TopProcess& process : scope.data().processes) {
    const TargetInfo& target = process.profile.targets().back();
    const std::string command = EscapeForTerminal(absl::StrJoin(target.command, " "));
    if (!scope.Matches({command, std::to_string(process.pid)})) continue;
    Times times;
    for (const ThreadInfo& thread : process.profile.threads()) {
      if (scope.options().filter.KeepsThread(thread)) times += thread.times;
    }
    all += times;
    TopRow row{
        .times = times, .choice = {.pid = process.pid}, .sort = scope.SortFigure(times, times)};
    AddClassCells(scope, times, row.cells);
    row.cells.push_back(process.ended ? "ended" : absl::StrCat(process.threads));
    row.cells.push_back(absl::StrCat(process.pid));
    row.cells.push_back(EscapeForTerminal(target.python_version));
    row.cells.push_back(command);
    table.rows.push_back(std::move(row));
  }
  table.columns = ClassColumns(scope, all);
  table.columns.push_back({.title = "threads", .spare = 2});
  table.columns.push_back({.title = "pid"});
  table.columns.push_back({.title = "Python", .spare = 3});
  table.columns.push_back({"command", Fit::kCutRight, 10, 200});
  SortRows(scope, table);
  return table;
}

}  // namespace spyhop
