#include "sampler/target/process_condition.h"

#include <algorithm>
#include <fstream>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/absl_view.h"

namespace spyhop {
namespace {

bool FileHasLine(const std::string& path, const std::string& wanted) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (line == wanted) return true;
  }
  return false;
}

// cgroups(7): v2 tells it of a folder below a frozen one, too, and so does v1's freezer.state
// (Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst).
bool IsFrozen(const FreezerFolder& folder) {
  if (!folder.is_v2) {
    return FileHasLine(absl::StrCat("/sys/fs/cgroup/freezer", folder.path, "/freezer.state"),
                       "FROZEN");
  }
  for (const char* mount : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    if (FileHasLine(absl::StrCat(mount, folder.path, "/cgroup.events"), "frozen 1")) return true;
  }
  return false;
}

bool IsFrozen(const ProcessFiles& files) {
  const absl::StatusOr<std::string> text = files.CgroupText();
  if (!text.ok()) return false;
  for (const FreezerFolder& folder : ParseFreezers(*text)) {
    if (IsFrozen(folder)) return true;
  }
  return false;
}

}  // namespace

std::vector<FreezerFolder> ParseFreezers(std::string_view cgroup_file) {
  std::vector<FreezerFolder> folders;
  for (const absl::string_view line : absl::StrSplit(AbslView(cgroup_file), '\n')) {
    const std::vector<absl::string_view> fields = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (fields.size() != 3 || !absl::StartsWith(fields[2], "/")) continue;
    if (absl::StartsWith(fields[2], "/..")) continue;
    const std::vector<absl::string_view> controllers = absl::StrSplit(fields[1], ',');
    const bool has_freezer =
        std::find(controllers.begin(), controllers.end(), "freezer") != controllers.end();
    if (fields[1].empty() || has_freezer) {
      folders.push_back({std::string(fields[2]), fields[1].empty()});
    }
  }
  return folders;
}

std::string ProcessCondition::Describe(int pid) const {
  std::vector<std::string> parts;
  if (stopped) {
    parts.push_back(absl::StrCat("stopped by a signal (kill -CONT ", pid, " lets it go on)"));
  }
  if (trace_stop) {
    parts.push_back(absl::StrCat("stopped in the hands of process ", tracer, " (", tracer_name,
                                 "), which traces it"));
  }
  if (frozen) parts.push_back("in a frozen cgroup");
  return absl::StrJoin(parts, "; ");
}

ProcessCondition ConditionOf(const ProcessFiles& files) {
  ProcessCondition condition;
  if (const absl::StatusOr<ProcessStat> stat = files.Stat(); stat.ok()) {
    condition.stopped = stat->state == 'T';
    condition.trace_stop = stat->state == 't';
  }
  if (const absl::StatusOr<ProcessStatus> status = files.Status(); status.ok()) {
    condition.tracer = status->tracer_pid;
  }
  if (condition.tracer != 0) {
    const absl::StatusOr<ProcessStat> tracer = ProcessFiles(condition.tracer).Stat();
    if (tracer.ok()) condition.tracer_name = tracer->comm;
  }
  condition.frozen = IsFrozen(files);
  return condition;
}

}  // namespace spyhop
