#include "sampler/relatives.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sampler/python/interpreter_finder.h"
#include "sampler/target/process_files.h"
#include "sampler/target/process_tree.h"
#include "sampler/target/process_vm_memory.h"

namespace spyhop {
namespace {

constexpr size_t kMostExamined = 16;
constexpr int kMostAncestors = 4;

bool RunsPython(int pid) {
  const ProcessFiles files(pid);
  const absl::StatusOr<std::unique_ptr<RemoteMemory>> memory = OpenProcessMemory(pid);
  if (!memory.ok()) return false;
  const absl::StatusOr<Interpreter> interpreter = FindInterpreter(files, **memory);
  return interpreter.ok() || IsStarting(interpreter.status());
}

int ParentPid(int pid) {
  const absl::StatusOr<ProcessStat> stat = ProcessFiles(pid).Stat();
  return stat.ok() ? stat->parent : 0;
}

std::string NameOf(int pid) {
  const absl::StatusOr<ProcessStat> stat = ProcessFiles(pid).Stat();
  return absl::StrCat(pid, " (", stat.ok() ? stat->comm : "gone", ")");
}

std::optional<Relative> FindPythonBelow(int pid) {
  std::vector<int> all = DescendantsOf(pid);
  all.resize(std::min(all.size(), kMostExamined));
  const auto found = std::find_if(all.begin(), all.end(), RunsPython);
  if (found == all.end()) return std::nullopt;
  const char* kin = ParentPid(*found) == pid ? "its child " : "its descendant ";
  return Relative{*found, absl::StrCat(kin, NameOf(*found), " is")};
}

std::optional<Relative> FindPythonAbove(int pid) {
  for (int i = 0; i < kMostAncestors && pid > 1; ++i) {
    pid = ParentPid(pid);
    if (pid > 1 && RunsPython(pid)) {
      return Relative{pid,
                      absl::StrCat(i == 0 ? "its parent " : "its ancestor ", NameOf(pid), " is")};
    }
  }
  return std::nullopt;
}

// A process that has the id inside its own pid namespace.
std::optional<Relative> FindByInnerPid(int pid) {
  for (const int each : ProcessFiles::AllPids()) {
    const absl::StatusOr<ProcessStatus> status = ProcessFiles(each).Status();
    if (!status.ok() || status->namespace_ids.size() < 2) continue;
    if (status->namespace_ids.back() != pid || !RunsPython(each)) continue;
    return Relative{each, absl::StrCat("in the container that ", NameOf(each),
                                       " is in, that one has the pid ", pid)};
  }
  return std::nullopt;
}

// Another remedy than the list of all takes its place.
std::string WithoutList(std::string message) {
  const size_t last = message.rfind("; ");
  if (last == message.npos || !absl::StartsWith(message.substr(last), "; `spyhop list`")) {
    return message;
  }
  return message.substr(0, last);
}

}  // namespace

std::optional<Relative> FindRelative(int pid, const absl::Status& error) {
  if (absl::IsNotFound(error)) return FindByInnerPid(pid);
  if (!absl::IsFailedPrecondition(error) || IsStarting(error)) return std::nullopt;
  if (std::optional<Relative> below = FindPythonBelow(pid)) return below;
  if (std::optional<Relative> above = FindPythonAbove(pid)) return above;
  return FindByInnerPid(pid);
}

absl::Status WithRelative(int pid, absl::Status error) {
  const std::optional<Relative> relative = FindRelative(pid, error);
  if (!relative) return error;
  return absl::Status(error.code(), absl::StrCat(WithoutList(std::string(error.message())), "; ",
                                                 relative->text, ": use --pid ", relative->pid));
}

}  // namespace spyhop
