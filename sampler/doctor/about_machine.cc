// What the kernel allows Spyhop, whichever process is asked for.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "interp_layouts/registry.h"
#include "sampler/doctor/findings.h"

namespace spyhop {
namespace {

using Verdict = Finding::Verdict;

// "effective", "permitted but not effective", ...: the first set that has it.
std::string WhereTheCapabilityIs(const CapabilitySets& sets) {
  if (HasSysPtrace(sets.permitted)) return "permitted, but not effective";
  if (HasSysPtrace(sets.bounding)) return "only in the bounding set";
  return "in no set, not even the bounding one";
}

// Of one's own processes; which one is asked for decides whether it matters.
Finding AboutPermission(const Privileges& own) {
  if (own.sys_ptrace() && !own.reads_all_files()) {
    return {Verdict::kWarning, "permission",
            absl::StrFormat("CAP_SYS_PTRACE is there, but neither CAP_DAC_READ_SEARCH nor "
                            "CAP_DAC_OVERRIDE: only processes of user %d can be attached to",
                            own.user),
            HowToBePermitted(own)};
  }
  if (own.sys_ptrace() && !own.in_user_namespace) {
    return {Verdict::kOk, "permission",
            "the capability to read and stop any process (CAP_SYS_PTRACE) is there"};
  }
  if (own.sys_ptrace()) {
    return {
        Verdict::kWarning, "permission",
        "the capability to read and stop any process (CAP_SYS_PTRACE) is there, but only within "
        "Spyhop's user namespace",
        HowToBePermitted(own)};
  }
  const bool children_only = own.kernel.yama_scope >= 1;
  return {children_only ? Verdict::kProblem : Verdict::kWarning, "permission",
          absl::StrFormat("user %d has no CAP_SYS_PTRACE (it is %s)%s: only %s can be attached to",
                          own.user, WhereTheCapabilityIs(own.capabilities),
                          own.no_new_privileges ? " and cannot gain it (no_new_privs)" : "",
                          children_only ? "Spyhop's own children" : "that user's own processes"),
          HowToBePermitted(own)};
}

Finding AboutYama(const Privileges& own) {
  const int value = own.kernel.yama_scope;
  const std::string scope = absl::StrCat("kernel.yama.ptrace_scope is ", value);
  if (value < 0) return {Verdict::kOk, "yama", "not in this kernel"};
  if (value == 0) return {Verdict::kOk, "yama", scope + ": no restriction"};
  if (value == 3) {
    return {Verdict::kProblem, "yama", scope + ": nobody may attach to anything",
            HowToBePermitted(own)};
  }
  if (own.sys_ptrace()) {
    return {Verdict::kOk, "yama", scope + ": does not matter with CAP_SYS_PTRACE"};
  }
  Remedy remedy = HowToBePermitted(own);
  if (value == 1) {
    remedy = {"for the user's own processes, until the next boot",
              {"sudo sysctl kernel.yama.ptrace_scope=0"}};
  }
  return {Verdict::kWarning, "yama", scope + ": no attaching without CAP_SYS_PTRACE", remedy};
}

Remedy WithPauseNever(Remedy remedy) {
  remedy.text = absl::StrCat("use --pause never; or ", remedy.text);
  return remedy;
}

Finding AboutSeccomp(const Privileges& own) {
  const std::string filter = own.seccomp_mode == 0 ? "no filter" : "a filter";
  if (own.ptrace_call && own.memory_call) {
    return {Verdict::kOk, "seccomp", filter + "; ptrace and reading memory are allowed"};
  }
  const Remedy remedy = HowToBePermitted(own);
  if (own.memory_call) {
    return {Verdict::kWarning, "seccomp",
            filter + "; ptrace is refused, so no thread can be stopped", WithPauseNever(remedy)};
  }
  const std::string text = absl::StrCat(
      filter, "; the fast way of reading memory is refused: /proc/PID/mem is used instead",
      own.ptrace_call ? "" : "; ptrace is refused, too");
  return {Verdict::kWarning, "seccomp", text, own.ptrace_call ? remedy : WithPauseNever(remedy)};
}

// kernel_lockdown(7) guards the kernel's own memory: no other process's.
void AboutLockdown(const KernelLimits& kernel, Findings& findings) {
  if (kernel.lockdown.empty()) return;
  findings.push_back({Verdict::kOk, "lockdown",
                      kernel.lockdown == "none"
                          ? "none"
                          : kernel.lockdown + ": does not matter, it guards the kernel only"});
}

void AboutSecurityModules(const Privileges& own, Findings& findings) {
  const KernelLimits& kernel = own.kernel;
  if (kernel.selinux_denies_ptrace) {
    findings.push_back({Verdict::kWarning,
                        "selinux",
                        "its boolean deny_ptrace is on: no process may be attached to",
                        {"let it be allowed", {"sudo setsebool deny_ptrace 0"}}});
  }
  const bool confined = !own.profile.empty() && !own.profile.starts_with("unconfined");
  if (kernel.modules.empty() && !confined) return;
  std::string text = kernel.modules.empty() ? "not told" : absl::StrJoin(kernel.modules, ", ");
  if (confined) absl::StrAppend(&text, "; Spyhop runs under the profile ", own.profile);
  findings.push_back({Verdict::kOk, "modules", std::move(text)});
}

}  // namespace

void AboutMachine(const Privileges& own, Findings& findings) {
  findings.push_back({Verdict::kOk, "kernel", absl::StrCat("Linux ", own.kernel.release)});
  findings.push_back(AboutPermission(own));
  findings.push_back(AboutYama(own));
  findings.push_back(AboutSeccomp(own));
  AboutLockdown(own.kernel, findings);
  AboutSecurityModules(own, findings);
  findings.push_back(
      {Verdict::kOk, "versions", absl::StrCat("CPython ", SupportedVersions(), " can be read")});
}

}  // namespace spyhop
