// What this process may do to others: for `spyhop doctor` and for messages about refusals.
#ifndef SPYHOP_SAMPLER_TARGET_PRIVILEGES_H_
#define SPYHOP_SAMPLER_TARGET_PRIVILEGES_H_

#include <string>

namespace spyhop {

struct Privileges {
  unsigned user = 0;        // effective uid
  bool sys_ptrace = false;  // CAP_SYS_PTRACE is effective
  int yama_scope = -1;      // kernel.yama.ptrace_scope; -1: the kernel has no Yama
  int seccomp_mode = 0;     // of this process: 0 none, 2 filter
  std::string kernel;       // release, e.g. "6.1.0"
};

Privileges OwnPrivileges();

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_PRIVILEGES_H_
