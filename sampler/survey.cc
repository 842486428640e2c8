// ListPythonProcesses, ChildProcesses: who on this machine runs Python.
#include <unistd.h>

#include "sampler/attachment.h"
#include "sampler/python/interpreter_finder.h"
#include "sampler/sampler.h"
#include "sampler/target/process_files.h"
#include "sampler/target/process_tree.h"
#include "sampler/target/process_vm_memory.h"

namespace spyhop {
namespace {

// Cheap and wide: a process whose files cannot be read is only reported when it looks like Python.
bool LooksLikePython(const ProcessFiles& files) {
  if (files.Executable().find("python") != std::string::npos) return true;
  const absl::StatusOr<ProcessStat> stat = files.Stat();
  return stat.ok() && stat->comm.find("python") != std::string::npos;
}

std::optional<PythonProcess> Examine(int pid) {
  const ProcessFiles files(pid);
  PythonProcess process;
  process.pid = pid;
  process.command = files.CommandLine();
  if (const auto tids = files.ThreadIds(); tids.ok()) {
    process.threads = static_cast<int>(tids->size());
  }
  absl::StatusOr<std::unique_ptr<RemoteMemory>> memory = OpenProcessMemory(pid);
  absl::Status problem = memory.status();
  if (memory.ok()) {
    const absl::StatusOr<Interpreter> interpreter = FindInterpreter(files, **memory);
    if (interpreter.ok()) {
      process.version = interpreter->version.ToString();
      process.flavour = MainFlavour(interpreter->flags);
      return process;
    }
    problem = interpreter.status();
  }
  const bool not_python = absl::IsFailedPrecondition(problem) && !IsStarting(problem);
  if (not_python || absl::IsNotFound(problem)) return std::nullopt;
  if (absl::IsPermissionDenied(problem) && !LooksLikePython(files)) return std::nullopt;
  process.problem = std::string(problem.message());
  return process;
}

}  // namespace

std::vector<int> ChildProcesses(int pid) { return DescendantsOf(pid); }

std::vector<PythonProcess> ListPythonProcesses() {
  std::vector<PythonProcess> found;
  for (const int pid : ProcessFiles::AllPids()) {
    if (pid == getpid()) continue;
    if (std::optional<PythonProcess> process = Examine(pid)) found.push_back(*std::move(process));
  }
  return found;
}

}  // namespace spyhop
