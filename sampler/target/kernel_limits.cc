#include "sampler/target/kernel_limits.h"

#include <sys/utsname.h>

#include <algorithm>
#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "base/absl_view.h"

namespace spyhop {
namespace {

constexpr char kSecurity[] = "/sys/kernel/security/";

std::string FirstLine(const std::string& path) {
  std::string line;
  std::ifstream file(path);
  std::getline(file, line);
  return line;
}

}  // namespace

bool KernelLimits::HasModule(std::string_view name) const {
  return std::find(modules.begin(), modules.end(), name) != modules.end();
}

std::string ParseLockdown(std::string_view text) {
  const size_t open = text.find('[');
  const size_t close = text.find(']', open == text.npos ? 0 : open);
  if (open == text.npos || close == text.npos) return "";
  return std::string(text.substr(open + 1, close - open - 1));
}

std::vector<std::string> ParseModules(std::string_view text) {
  return absl::StrSplit(absl::StripAsciiWhitespace(AbslView(text)), ',', absl::SkipEmpty());
}

KernelLimits ReadKernelLimits() {
  KernelLimits limits;
  utsname name;
  if (uname(&name) == 0) limits.release = name.release;
  std::ifstream("/proc/sys/kernel/yama/ptrace_scope") >> limits.yama_scope;
  limits.lockdown = ParseLockdown(FirstLine(std::string(kSecurity) + "lockdown"));
  limits.modules = ParseModules(FirstLine(std::string(kSecurity) + "lsm"));
  // Two figures: what holds, and what is to hold.
  limits.selinux_denies_ptrace = FirstLine("/sys/fs/selinux/booleans/deny_ptrace").starts_with('1');
  return limits;
}

}  // namespace spyhop
