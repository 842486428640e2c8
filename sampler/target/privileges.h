// What this process may do to others, and where it runs: for `spyhop doctor` and for messages about
// refusals.
//
// Reads some files of /proc and makes two harmless system calls (about 0.3 ms); for set-up and
// errors only. Any thread may call it.
#ifndef SPYHOP_SAMPLER_TARGET_PRIVILEGES_H_
#define SPYHOP_SAMPLER_TARGET_PRIVILEGES_H_

#include <string>

#include "sampler/target/container.h"
#include "sampler/target/kernel_limits.h"
#include "sampler/target/process_status.h"

namespace spyhop {

struct Privileges {
  unsigned user = 0;  // effective uid
  CapabilitySets capabilities;
  bool no_new_privileges = false;  // neither sudo nor file capabilities give any
  int seccomp_mode = 0;            // of this process: 0 none, 2 filter
  bool memory_call = true;         // process_vm_readv(2) is there and no filter refuses it
  bool ptrace_call = true;         // the same of ptrace(2)
  KernelLimits kernel;

  bool in_user_namespace = false;  // capabilities hold only for processes of that namespace
  bool in_pid_namespace = false;   // and only processes of that namespace can be named
  bool foreign_proc = false;       // /proc is mounted from another pid namespace than ours
  Container container;
  std::string unit;  // systemd's, "shop.service"; empty: none is told

  std::string program;             // the file that runs, as it is named here
  bool program_on_nosuid = false;  // its file system gives no capabilities (mount(8), nosuid)
  std::string profile;             // AppArmor's or SELinux's for it

  bool sys_ptrace() const { return HasSysPtrace(capabilities.effective); }
  bool reads_all_files() const { return ReadsAllFiles(capabilities.effective); }
};

Privileges OwnPrivileges();

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_PRIVILEGES_H_
