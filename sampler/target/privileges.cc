#include "sampler/target/privileges.h"

#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <fstream>

namespace spyhop {
namespace {

constexpr int kCapSysPtrace = 19;  // <linux/capability.h>
constexpr uint64_t kAllIds = 0xFFFFFFFF;

constexpr char kContainer[] =
    "start the container with --cap-add=SYS_PTRACE (Kubernetes: "
    "securityContext.capabilities.add: SYS_PTRACE)";

bool HasSysPtrace(std::istream& words) {
  unsigned long long mask = 0;
  words >> std::hex >> mask >> std::dec;
  return (mask >> kCapSysPtrace & 1) != 0;
}

// user_namespaces(7): the first one maps all ids to themselves.
bool InUserNamespace() {
  std::ifstream map("/proc/self/uid_map");
  uint64_t inside = 0;
  uint64_t outside = 0;
  uint64_t count = 0;
  if (!(map >> inside >> outside >> count)) return false;
  return inside != 0 || outside != 0 || count != kAllIds;
}

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

}  // namespace

Privileges OwnPrivileges() {
  Privileges own;
  own.user = geteuid();
  utsname name;
  if (uname(&name) == 0) own.kernel = name.release;
  std::ifstream("/proc/sys/kernel/yama/ptrace_scope") >> own.yama_scope;
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == "CapEff:") {
      own.sys_ptrace = HasSysPtrace(status);
    } else if (word == "CapBnd:") {
      own.may_gain_sys_ptrace = HasSysPtrace(status);
    } else if (word == "Seccomp:") {
      status >> own.seccomp_mode;
    }
  }
  own.in_user_namespace = InUserNamespace();
  own.memory_call = FilterAllowsMemoryCall();
  own.ptrace_call = FilterAllowsPtrace();
  return own;
}

std::string HowToBePermitted(const Privileges& own) {
  // Documentation/admin-guide/LSM/Yama.rst: 3 holds for everybody, until the next boot.
  if (own.yama_scope == 3) return "boot with kernel.yama.ptrace_scope below 3";
  if (!own.memory_call || !own.ptrace_call) {
    return std::string("allow ptrace and process_vm_readv in the seccomp profile, or ") +
           kContainer;
  }
  if (own.sys_ptrace) {
    return own.in_user_namespace ? "run Spyhop outside of its user namespace, as root"
                                 : "look for a rule of SELinux, AppArmor or the like, and whether "
                                   "Spyhop runs in a container and the process outside of it";
  }
  if (!own.may_gain_sys_ptrace) {
    return std::string(kContainer) +
           ": the capability CAP_SYS_PTRACE is missing from Spyhop's bounding set";
  }
  if (own.user == 0) {
    return std::string("give Spyhop the capability CAP_SYS_PTRACE, which user 0 lacks here, or ") +
           kContainer;
  }
  return "run as root (sudo), or: setcap cap_sys_ptrace+ep on the spyhop binary; in a container "
         "add the SYS_PTRACE capability";
}

}  // namespace spyhop
