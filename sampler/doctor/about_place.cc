// Where Spyhop and the target run: containers and namespaces. What is told of the target explains
// its pids and paths; nothing needs to be done.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "sampler/doctor/findings.h"

namespace spyhop {
namespace {

using Verdict = Finding::Verdict;

std::string Described(const Container& container) {
  const std::string name(Name(container.runtime));
  return container.id.empty() ? name : absl::StrCat(name, " (", container.short_id(), ")");
}

void AboutForeignProc(Findings& findings) {
  findings.push_back({Verdict::kProblem,
                      "proc",
                      "the /proc here is of another pid namespace than Spyhop: the pids "
                      "that it shows mean other processes here, or none",
                      {"mount the right one, or enter the namespace together with its /proc",
                       {"sudo mount -t proc proc /proc", "unshare --pid --fork --mount-proc"}}});
}

void AboutTargetPids(const ProcessFiles& files, Findings& findings) {
  const absl::StatusOr<ProcessStatus> status = files.Status();
  if (!status.ok() || status->namespace_ids.size() < 2) return;
  findings.push_back({Verdict::kOk, "pids",
                      absl::StrFormat("it lives in another pid namespace, as process %d; here and "
                                      "in reports it is %d",
                                      status->namespace_ids.back(), files.pid())});
}

void AboutTargetFiles(const ProcessFiles& files, Findings& findings) {
  if (files.SharesNamespace("mnt") == std::optional(false)) {
    findings.push_back({Verdict::kOk, "files",
                        absl::StrFormat("it lives in another mount namespace (a container?): its "
                                        "files are read through /proc/%d/root",
                                        files.pid())});
    return;
  }
  const std::string root = files.Root();
  if (root.size() < 2) return;
  findings.push_back({Verdict::kOk, "files",
                      absl::StrCat("its root is ", root, " (chroot): its files are read there")});
}

void AboutTargetContainer(const ProcessFiles& files, Findings& findings) {
  const Container container = ParseContainer(files.CgroupText().value_or(""));
  if (!container.any()) return;
  std::string text = "it runs in a container of " + Described(container);
  const bool apart = files.SharesNamespace("pid") == std::optional(false);
  if (apart) absl::StrAppend(&text, ", not the one (or the host) that Spyhop is in");
  findings.push_back({Verdict::kOk, "container", std::move(text)});
}

}  // namespace

Remedy HowToSeeOthers(const Container& container) {
  switch (container.runtime) {
    case ContainerRuntime::kDocker:
      return {
          "for other processes, run Spyhop on the host, or in the pid namespace that they are in",
          {"docker run --pid=container:NAME --cap-add=SYS_PTRACE IMAGE",
           "docker run --pid=host --cap-add=SYS_PTRACE IMAGE"}};
    case ContainerRuntime::kPodman:
      return {
          "for other processes, run Spyhop on the host, or in the pid namespace that they are in",
          {"podman run --pid=container:NAME --cap-add=SYS_PTRACE IMAGE",
           "podman run --pid=host --cap-add=SYS_PTRACE IMAGE"}};
    case ContainerRuntime::kKubernetes:
      return {
          "for other containers of the pod, let them share their pids (in the pod's spec); or "
          "attach a debug container",
          {"shareProcessNamespace: true",
           "kubectl debug -it POD --image=IMAGE --target=CONTAINER --profile=general"}};
    default:
      return {"for other processes, run Spyhop outside of its pid namespace: on the host", {}};
  }
}

void AboutOwnPlace(const Privileges& own, Findings& findings) {
  if (own.foreign_proc) AboutForeignProc(findings);
  std::vector<std::string> parts;
  if (own.container.any()) parts.push_back("in a container of " + Described(own.container));
  if (!own.unit.empty() && !own.container.any()) parts.push_back("in the systemd unit " + own.unit);
  if (own.in_pid_namespace) {
    parts.push_back("in a pid namespace: only the processes in it can be seen");
  }
  if (own.in_user_namespace) parts.push_back("in a user namespace");
  if (parts.empty()) return;
  findings.push_back({Verdict::kOk, "place", "Spyhop runs " + absl::StrJoin(parts, ", "),
                      own.in_pid_namespace ? HowToSeeOthers(own.container) : Remedy()});
}

void AboutPlace(const ProcessFiles& files, Findings& findings) {
  AboutTargetContainer(files, findings);
  AboutTargetPids(files, findings);
  AboutTargetFiles(files, findings);
  if (files.SharesNamespace("user") == std::optional(false)) {
    findings.push_back({Verdict::kOk, "ids",
                        "it lives in another user namespace: its user ids inside are others"});
  }
}

}  // namespace spyhop
