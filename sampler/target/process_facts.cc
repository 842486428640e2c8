#include "sampler/target/process_facts.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/absl_view.h"
#include "base/scoped_fd.h"
#include "sampler/target/container.h"
#include "sampler/target/process_files.h"

namespace spyhop {
namespace {

constexpr size_t kMostCommand = 32 << 10;
constexpr size_t kMostEnvironment = 2 << 20;
constexpr size_t kLongestVariable = 4096;

// As much of a file of the process as there is, up to `limit`.
std::optional<std::string> ReadUpTo(int pid, std::string_view name, size_t limit) {
  const std::string path = absl::StrCat("/proc/", pid, "/", AbslView(name));
  const ScopedFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return std::nullopt;
  std::string text;
  char piece[16384];
  while (text.size() < limit) {
    const ssize_t got = read(fd.get(), piece, std::min(sizeof(piece), limit - text.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    text.append(piece, static_cast<size_t>(got));
  }
  return text;
}

}  // namespace

std::vector<std::string> SplitCommand(std::string_view cmdline) {
  if (cmdline.ends_with('\0')) cmdline.remove_suffix(1);
  if (cmdline.empty()) return {};
  return absl::StrSplit(AbslView(cmdline), '\0');
}

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
  facts.command = SplitCommand(ReadUpTo(pid, "cmdline", kMostCommand).value_or(""));
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
  const std::optional<std::string> environ = ReadUpTo(pid, "environ", kMostEnvironment);
  return environ ? FindVariable(*environ, name) : std::nullopt;
}

}  // namespace spyhop
