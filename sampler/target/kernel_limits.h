// What this kernel forbids to everybody, or to all without a capability: for `spyhop doctor` and
// for messages about refusals. Reads a few small files (0.1 ms). Any thread may call it.
#ifndef SPYHOP_SAMPLER_TARGET_KERNEL_LIMITS_H_
#define SPYHOP_SAMPLER_TARGET_KERNEL_LIMITS_H_

#include <string>
#include <string_view>
#include <vector>

namespace spyhop {

struct KernelLimits {
  std::string release;                 // "6.1.0"
  int yama_scope = -1;                 // kernel.yama.ptrace_scope; -1: the kernel has no Yama
  std::string lockdown;                // kernel_lockdown(7): "none", "integrity",
                                       // "confidentiality"; empty: not there, or not to be seen
  std::vector<std::string> modules;    // security modules, "yama", "apparmor"; empty: not told
  bool selinux_denies_ptrace = false;  // its boolean deny_ptrace

  bool HasModule(std::string_view name) const;
};

KernelLimits ReadKernelLimits();

// "none [integrity] confidentiality" is "integrity"; empty when none is marked.
std::string ParseLockdown(std::string_view text);
// "capability,yama,apparmor\n", in order.
std::vector<std::string> ParseModules(std::string_view text);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_KERNEL_LIMITS_H_
