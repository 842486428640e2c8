#include "sampler/target/process_condition.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sampler/target/freezer.h"

namespace spyhop {

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
  const std::string cgroups = files.CgroupText().value_or("");
  condition.frozen = FindFrozenGroup(cgroups).has_value();
  return condition;
}

}  // namespace spyhop
