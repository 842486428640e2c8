#include "sampler/target/process_facts.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "sampler/target/container.h"
#include "sampler/target/process_files.h"

namespace spyhop {
namespace {

constexpr size_t kMostCommand = 32 << 10;
constexpr size_t kMostEnvironment = 2 << 20;
constexpr size_t kLongestVariable = 4096;

}  // namespace

std::optional<std::string> FindVariable(std::string_view environ, std::string_view name) {
  while (!environ.empty() && !name.empty()) {
    const std::string_view entry = environ.substr(0, environ.find('\0'));
    environ.remove_prefix(std::min(entry.size() + 1, environ.size()));
    if (entry.starts_with(name) && entry.substr(name.size()).starts_with('=')) {
      return std::string(entry.substr(name.size() + 1, kLongestVariable));
    }
  }
  return std::nullopt;
}

// In a mixed set-up (cgroups(7)) version 2's path is "/" for all processes.
std::string MainCgroup(std::string_view cgroups) {
  std::string best;
  for (CgroupPath& each : ParseCgroups(cgroups)) {
    const bool unified = each.controllers.empty();
    if (unified && each.path != "/") return std::move(each.path);
    if (each.controllers == "name=systemd" || best.empty()) best = std::move(each.path);
  }
  return best;
}

std::optional<ProcessFacts> FactsOf(int pid) {
  const ProcessFiles files(pid);
  const absl::StatusOr<ProcessStat> stat = files.Stat();
  const absl::StatusOr<ProcessStatus> status = files.Status();
  if (!stat.ok() || !status.ok()) return std::nullopt;
  ProcessFacts facts;
  facts.pid = pid;
  facts.parent = stat->parent;
  facts.start_time = stat->start_time;
  facts.user = status->user.effective;
  facts.command = files.CommandLine(kMostCommand);
  facts.executable = files.Executable();
  if (const absl::StatusOr<std::string> cgroups = files.CgroupText(); cgroups.ok()) {
    facts.cgroup = MainCgroup(*cgroups);
    facts.container_id = ParseContainer(*cgroups).id;
    facts.pod_uid = ParsePodUid(*cgroups);
    facts.unit = ParseUnit(*cgroups);
  }
  return facts;
}

std::optional<std::string> EnvironmentOf(int pid, const std::string& name) {
  const absl::StatusOr<std::string> environ = ProcessFiles(pid).EnvironmentText(kMostEnvironment);
  return environ.ok() ? FindVariable(*environ, name) : std::nullopt;
}

}  // namespace spyhop
