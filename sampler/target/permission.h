// Why Spyhop may not read a process, and what to do about it: the kernel's rules (ptrace(2),
// "Ptrace access mode checking") applied to what is known of both. Pure: docs/permissions.md is the
// same for people.
#ifndef SPYHOP_SAMPLER_TARGET_PERMISSION_H_
#define SPYHOP_SAMPLER_TARGET_PERMISSION_H_

#include <optional>
#include <string>
#include <vector>

#include "sampler/target/privileges.h"

namespace spyhop {

// What to do: words, and lines to copy, of which any one will do. Lines that are commands can be
// given to a shell as they are.
struct Remedy {
  std::string text;
  std::vector<std::string> lines;

  bool empty() const { return text.empty() && lines.empty(); }
  // "run as root: `sudo spyhop ...` or `setcap ...`".
  std::string InOneLine() const;
};

// Of the process that may not be read, what can be seen all the same.
struct GuardedProcess {
  int pid = 0;
  Ids user;
  CapabilitySets capabilities;
  std::optional<bool> dumpable;
};

struct Refusal {
  std::string why;
  Remedy remedy;
};

// To be allowed to attach to any process, also another user's; lines name `pid`, if it is not 0.
Remedy HowToBePermitted(const Privileges& own, int pid = 0);

Refusal ExplainRefusal(const Privileges& own, const GuardedProcess& process);

// For a shell: in quotes when it has to be.
std::string ShellWord(const std::string& text);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_PERMISSION_H_
