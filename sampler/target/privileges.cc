#include "sampler/target/privileges.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>

namespace spyhop {
namespace {

constexpr int kCapSysPtrace = 19;  // <linux/capability.h>

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
      unsigned long long mask = 0;
      status >> std::hex >> mask >> std::dec;
      own.sys_ptrace = (mask >> kCapSysPtrace & 1) != 0;
    } else if (word == "Seccomp:") {
      status >> own.seccomp_mode;
    }
  }
  return own;
}

}  // namespace spyhop
