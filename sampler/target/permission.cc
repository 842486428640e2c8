#include "sampler/target/permission.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "base/absl_view.h"

namespace spyhop {
namespace {

std::string Program(const Privileges& own) {
  return own.program.empty() ? "spyhop" : ShellWord(own.program);
}

std::string Attach(const Privileges& own, int pid) {
  if (pid == 0) return absl::StrCat(Program(own), " doctor");
  return absl::StrCat(Program(own), " attach --pid ", pid);
}

// What Spyhop lacks. /proc/PID/task/TID/syscall has mode 0400: CAP_SYS_PTRACE does not open it for
// another user, nor for its own when the process is not dumpable and the file is root's.
struct Need {
  bool ptrace = false;
  bool files = false;

  bool any() const { return ptrace || files; }
  bool In(uint64_t mask) const {
    return (!ptrace || HasSysPtrace(mask)) && (!files || ReadsAllFiles(mask));
  }
  // "SYS_PTRACE", "DAC_READ_SEARCH", each with `before`.
  std::string Names(const std::string& before, std::string_view between) const {
    return absl::StrCat(ptrace ? before + "SYS_PTRACE" : "",
                        AbslView(ptrace && files ? between : ""),
                        files ? before + "DAC_READ_SEARCH" : "");
  }
};

// To read processes of others: to read those of one's own user, the capability to trace will do.
Need NeedOf(const Privileges& own, bool others) {
  return {!own.sys_ptrace(), others && !own.reads_all_files()};
}

std::string SetFileCapability(const Privileges& own, bool others) {
  return absl::StrCat("sudo setcap cap_sys_ptrace", others ? ",cap_dac_read_search" : "", "+ep ",
                      Program(own));
}

// What a docker or podman command calls the container that Spyhop runs in.
std::string NameOf(const Container& container, const char* otherwise) {
  return container.id.empty() ? otherwise : container.short_id();
}

Remedy InEngine(const char* engine, const Privileges& own, Need need, int pid) {
  return {"start the container with the capability, or enter the one that runs with all of them",
          {absl::StrCat(engine, " run ", need.Names("--cap-add=", " "), " IMAGE"),
           absl::StrCat(engine, " exec --privileged ", NameOf(own.container, "CONTAINER"), " ",
                        Attach(own, pid))}};
}

// https://kubernetes.io/docs/tasks/debug/debug-application/debug-running-pod: the profile
// "general" adds SYS_PTRACE, and --target shares the container's pid namespace.
Remedy InKubernetes(Need need) {
  return {
      "add the capability to the container in the pod's specification, or attach a debug "
      "container with an image that has Spyhop",
      {absl::StrCat("securityContext: {capabilities: {add: [", need.Names("", ", "), "]}}"),
       "kubectl debug -it POD --image=IMAGE --target=CONTAINER --profile=general"}};
}

// Root of the container (or the unit) has what its start has left in the bounding set, no more.
Remedy ForBounded(const Privileges& own, Need need, int pid) {
  switch (own.container.runtime) {
    case ContainerRuntime::kDocker:
      return InEngine("docker", own, need, pid);
    case ContainerRuntime::kPodman:
      return InEngine("podman", own, need, pid);
    case ContainerRuntime::kContainerd:
      return InEngine("nerdctl", own, need, pid);
    case ContainerRuntime::kKubernetes:
      return InKubernetes(need);
    case ContainerRuntime::kLxc:
      return {
          "take sys_ptrace out of lxc.cap.drop in the container's configuration, or run Spyhop "
          "on the host",
          {}};
    case ContainerRuntime::kNspawn:
      return {"start the container with the capability",
              {"systemd-nspawn --capability=" + need.Names("CAP_", ",")}};
    case ContainerRuntime::kNone:
    case ContainerRuntime::kOther:
      break;
  }
  if (!own.unit.empty()) {
    return {absl::StrCat("in the unit ", own.unit,
                         ", or run Spyhop as root outside of it (in a new login)"),
            {"CapabilityBoundingSet=" + need.Names("CAP_", " "),
             "AmbientCapabilities=" + need.Names("CAP_", " ")}};
  }
  return {
      "run Spyhop where nothing has been taken from the bounding set: in a new login of "
      "root's; in a container, start that with the capability",
      {absl::StrCat("docker run ", need.Names("--cap-add=", " "), " IMAGE")}};
}

Remedy WithPrefix(std::string text, Remedy remedy) {
  remedy.text = absl::StrCat(text, remedy.text);
  return remedy;
}

// Docker's and containerd's own filter allows both calls to whoever has the capability.
Remedy ForFiltered(const Privileges& own, int pid) {
  if (!own.container.any() && !own.unit.empty()) {
    return {absl::StrCat("allow the calls in the unit ", own.unit),
            {"SystemCallFilter=ptrace process_vm_readv"}};
  }
  return WithPrefix("allow ptrace and process_vm_readv in the seccomp profile; or ",
                    ForBounded(own, {.ptrace = true}, pid));
}

Remedy ForSecurityModule(const Privileges& own) {
  if (own.kernel.selinux_denies_ptrace) {
    return {"let SELinux allow it", {"sudo setsebool deny_ptrace 0"}};
  }
  if (own.profile.empty() || own.profile == "unconfined") {
    return {
        "look for a rule of SELinux, AppArmor or the like (the kernel's log names it), and "
        "whether Spyhop runs in a container and the process outside of it",
        {"sudo dmesg | grep -i -e apparmor -e avc"}};
  }
  const std::string text =
      absl::StrCat("let the profile ", own.profile, " (AppArmor, SELinux) allow ptrace");
  if (own.container.any()) {
    return {text + ", or start the container without it",
            {"docker run --cap-add=SYS_PTRACE --security-opt apparmor=unconfined IMAGE"}};
  }
  return {text, {"sudo dmesg | grep -i -e apparmor -e avc"}};
}

Remedy ForUnprivileged(const Privileges& own, Need need, bool others, int pid) {
  const std::string names = need.Names("CAP_", " and ");
  if (own.no_new_privileges) {
    return {absl::StrCat("start Spyhop elsewhere, as root: it runs with no_new_privs, so neither "
                         "sudo nor setcap (",
                         names,
                         ") help here (systemd: NoNewPrivileges=no; "
                         "Kubernetes: allowPrivilegeEscalation: true)"),
            {}};
  }
  Remedy remedy;
  if (own.user == 0) {
    remedy.text = absl::StrCat("give the file of Spyhop ", names, ", which user 0 lacks here");
  } else if (need.In(own.capabilities.permitted)) {
    remedy.text = names + " is permitted to Spyhop but not in effect: give it to the file with +ep";
  } else {
    remedy.text = absl::StrCat("run as root, or give the file of Spyhop ", names);
    remedy.lines.push_back("sudo " + Attach(own, pid));
  }
  if (own.program_on_nosuid) {
    absl::StrAppend(&remedy.text, " (not where it is: that file system is mounted nosuid)");
  } else {
    remedy.lines.push_back(SetFileCapability(own, others));
  }
  return remedy;
}

bool IsOf(const Privileges& own, const GuardedProcess& process) {
  return process.user.AllEqual(own.user);
}

// Are its files in /proc another user's, or root's?
bool HasOthersFiles(const Privileges& own, const GuardedProcess& process) {
  return process.user.effective != own.user || process.dumpable == std::optional(false);
}

std::string UsersOf(const Ids& user) {
  if (user.AllEqual(user.real)) return absl::StrCat("user ", user.real);
  return absl::StrFormat("user %d, running as user %d (a setuid program)", user.real,
                         user.effective);
}

std::string WhyRefused(const Privileges& own, const GuardedProcess& process) {
  const int yama = own.kernel.yama_scope;
  if (yama == 3) return "kernel.yama.ptrace_scope is 3: nobody may";
  if (own.sys_ptrace()) {
    if (own.in_user_namespace) return "Spyhop's capabilities hold only within its user namespace";
    if (HasOthersFiles(own, process) && !own.reads_all_files()) {
      return "CAP_SYS_PTRACE is there, but what its threads wait for is not told to other users";
    }
    if (!own.memory_call) return "a seccomp filter refuses the system calls";
    return "the kernel refuses it in spite of CAP_SYS_PTRACE: a security module";
  }
  if (!IsOf(own, process)) {
    return absl::StrFormat("it belongs to %s, Spyhop runs as user %d", UsersOf(process.user),
                           own.user);
  }
  if (!own.memory_call) return "a seccomp filter refuses the system calls";
  if (yama > 0) return absl::StrCat("kernel.yama.ptrace_scope is ", yama);
  if (process.dumpable == std::optional(false)) {
    return "it is not dumpable: it has changed its user, was started setuid or with file "
           "capabilities, or asked not to be looked at";
  }
  if ((process.capabilities.permitted & ~own.capabilities.permitted) != 0) {
    return "it has capabilities that Spyhop has not";
  }
  return "it is not dumpable, is in another user namespace, or a security module forbids it";
}

// `others`: to read processes of other users.
Remedy RemedyFor(const Privileges& own, bool others, int pid) {
  // Documentation/admin-guide/LSM/Yama.rst: 3 holds for everybody, until the next boot.
  if (own.kernel.yama_scope == 3) return {"boot with kernel.yama.ptrace_scope below 3", {}};
  if (!own.memory_call || !own.ptrace_call) return ForFiltered(own, pid);
  if (own.sys_ptrace() && own.in_user_namespace) {
    return {
        "run Spyhop as root outside of its user namespace: on the host, not in a rootless "
        "container",
        {}};
  }
  const Need need = NeedOf(own, others);
  if (!need.any()) return ForSecurityModule(own);
  if (!need.In(own.capabilities.bounding)) {
    return WithPrefix(need.Names("CAP_", " and ") + " is missing from Spyhop's bounding set: ",
                      ForBounded(own, need, pid));
  }
  return ForUnprivileged(own, need, others, pid);
}

}  // namespace

std::string ShellWord(const std::string& text) {
  const auto is_plain = [](unsigned char c) {
    return absl::ascii_isalnum(c) ||
           std::string_view("/._-+:@%,=").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return text;
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

std::string Remedy::InOneLine() const {
  if (lines.empty()) return text;
  return absl::StrCat(text, ": `", absl::StrJoin(lines, "` or `"), "`");
}

Remedy HowToBePermitted(const Privileges& own, int pid) { return RemedyFor(own, true, pid); }

Refusal ExplainRefusal(const Privileges& own, const GuardedProcess& process) {
  Refusal refusal{WhyRefused(own, process),
                  RemedyFor(own, HasOthersFiles(own, process), process.pid)};
  const bool yama_only = own.kernel.yama_scope == 1 && !own.sys_ptrace() && IsOf(own, process) &&
                         process.dumpable != std::optional(false);
  if (yama_only) refusal.remedy.lines.push_back("sudo sysctl kernel.yama.ptrace_scope=0");
  return refusal;
}

}  // namespace spyhop
