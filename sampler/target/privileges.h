// What this process may do to others: for `spyhop doctor` and for messages about refusals.
//
// Reads a few files of /proc and makes two harmless system calls (about 0.1 ms); for set-up and
// errors only. Any thread may call it.
#ifndef SPYHOP_SAMPLER_TARGET_PRIVILEGES_H_
#define SPYHOP_SAMPLER_TARGET_PRIVILEGES_H_

#include <string>

namespace spyhop {

struct Privileges {
  unsigned user = 0;                // effective uid
  bool sys_ptrace = false;          // CAP_SYS_PTRACE is effective
  bool may_gain_sys_ptrace = true;  // it is in the bounding set
  bool in_user_namespace = false;   // capabilities hold only for processes of that namespace
  int yama_scope = -1;              // kernel.yama.ptrace_scope; -1: the kernel has no Yama
  int seccomp_mode = 0;             // of this process: 0 none, 2 filter
  bool memory_call = true;          // process_vm_readv(2) is there and no filter refuses it
  bool ptrace_call = true;          // the same of ptrace(2)
  std::string kernel;               // release, e.g. "6.1.0"
};

Privileges OwnPrivileges();

// What to do to be allowed to attach to any process, as the end of a sentence: "run as root, or
// ..." for a user, what the container lacks for root.
std::string HowToBePermitted(const Privileges& own);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_PRIVILEGES_H_
