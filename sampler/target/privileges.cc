#include "sampler/target/privileges.h"

#include <sys/ptrace.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>

#include "sampler/target/process_files.h"

namespace spyhop {
namespace {

// Of the first namespaces, by include/linux/proc_ns.h: PROC_USER_INIT_INO, PROC_PID_INIT_INO.
constexpr char kFirstUserNamespace[] = "user:[4026531837]";
constexpr char kFirstPidNamespace[] = "pid:[4026531836]";

std::string OwnLink(const char* path) {
  char target[4096];
  const ssize_t length = readlink(path, target, sizeof(target));
  return length < 0 ? std::string() : std::string(target, static_cast<size_t>(length));
}

bool Differs(const std::string& link, const char* first) { return !link.empty() && link != first; }

// A filter answers before the kernel looks at the arguments; ours fail in the kernel otherwise.
bool FilterAllowsMemoryCall() {
  char from = 1;
  char to = 0;
  const iovec local{&to, 1};
  const iovec remote{&from, 1};
  return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == 1;
}

bool FilterAllowsPtrace() {
  return ptrace(PTRACE_DETACH, getpid(), nullptr, nullptr) == 0 || errno == ESRCH;
}

// What a cgroup namespace hides, files and variables tell that runtimes leave for those inside.
Container OwnContainer(const std::string& cgroups) {
  Container container = ParseContainer(cgroups);
  const bool kubernetes = std::getenv("KUBERNETES_SERVICE_HOST") != nullptr;
  if (container.any()) {
    if (kubernetes) container.runtime = ContainerRuntime::kKubernetes;
    return container;
  }
  if (kubernetes) return {ContainerRuntime::kKubernetes, ""};
  if (access("/run/.containerenv", F_OK) == 0) return {ContainerRuntime::kPodman, ""};
  if (access("/.dockerenv", F_OK) == 0) return {ContainerRuntime::kDocker, ""};
  const char* named = std::getenv("container");
  return ContainerNamed(named == nullptr ? "" : named);
}

void NoteStatus(const ProcessFiles& self, Privileges& own) {
  const absl::StatusOr<ProcessStatus> status = self.Status();
  if (!status.ok()) return;
  own.capabilities = status->capabilities;
  own.no_new_privileges = status->no_new_privileges;
  own.seccomp_mode = status->seccomp_mode;
}

void NoteProgram(Privileges& own) {
  own.program = OwnLink("/proc/self/exe");
  struct statvfs info;
  own.program_on_nosuid = statvfs("/proc/self/exe", &info) == 0 && (info.f_flag & ST_NOSUID) != 0;
}

}  // namespace

Privileges OwnPrivileges() {
  Privileges own;
  own.user = geteuid();
  own.kernel = ReadKernelLimits();
  const std::string pid = OwnLink("/proc/self");
  own.foreign_proc = pid != std::to_string(getpid());
  const ProcessFiles self(std::atoi(pid.c_str()));
  NoteStatus(self, own);
  NoteProgram(own);
  own.profile = self.SecurityProfile();
  const std::string cgroups = self.CgroupText().value_or("");
  own.container = OwnContainer(cgroups);
  own.unit = ParseUnit(cgroups);
  own.in_user_namespace = Differs(OwnLink("/proc/self/ns/user"), kFirstUserNamespace);
  own.in_pid_namespace = Differs(OwnLink("/proc/self/ns/pid"), kFirstPidNamespace);
  own.memory_call = FilterAllowsMemoryCall();
  own.ptrace_call = FilterAllowsPtrace();
  return own;
}

}  // namespace spyhop
