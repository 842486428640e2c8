// Diagnose: can Spyhop attach, to this process, with what detail; if not, why and what to do.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "interp_layouts/registry.h"
#include "sampler/attachment.h"
#include "sampler/sampler.h"
#include "sampler/target/privileges.h"

namespace spyhop {
namespace {

using Verdict = Finding::Verdict;

constexpr char kGainCapability[] =
    "run as root, or: setcap cap_sys_ptrace+ep on the spyhop binary; in a container add the "
    "SYS_PTRACE capability";

Finding AboutPtrace(const Privileges& own) {
  if (own.sys_ptrace) {
    return {Verdict::kOk, "permission",
            "the capability to read and stop any process (CAP_SYS_PTRACE) is there", ""};
  }
  if (own.yama_scope >= 1) {
    return {Verdict::kProblem, "permission",
            absl::StrFormat("user %d may not attach to running processes: "
                            "kernel.yama.ptrace_scope is %d",
                            own.user, own.yama_scope),
            absl::StrCat(kGainCapability, own.yama_scope == 1
                                              ? "; or: sysctl kernel.yama.ptrace_scope=0"
                                              : "")};
  }
  return {Verdict::kWarning, "permission",
          absl::StrFormat("only processes of user %d can be attached to", own.user),
          kGainCapability};
}

void ExamineTarget(int pid, std::vector<Finding>& findings) {
  absl::StatusOr<std::unique_ptr<Attachment>> attachment = Attachment::Create(pid);
  if (!attachment.ok()) {
    findings.push_back({Verdict::kProblem, "target", std::string(attachment.status().message()),
                        ""});
    return;
  }
  const Interpreter& python = (*attachment)->interpreter();
  findings.push_back(
      {Verdict::kOk, "target",
       absl::StrFormat("process %d runs CPython %s (%s), in %s, found by %s", pid,
                       python.version.ToString(), FlavourName(python.flags), python.module,
                       python.found_by),
       ""});
  findings.push_back({Verdict::kOk, "layout", python.layout.provenance, ""});
  const absl::StatusOr<ProcessStatus> status = (*attachment)->files().Status();
  if (status.ok() && status->tracer_pid != 0) {
    findings.push_back({Verdict::kWarning, "tracer",
                        absl::StrFormat("process %d already traces it", status->tracer_pid),
                        "end that debugger, or use --pause=never"});
  }
  const absl::StatusOr<ProcessStat> stat = (*attachment)->files().Stat();
  if (stat.ok() && (stat->state == 'T' || stat->state == 't')) {
    findings.push_back({Verdict::kWarning, "state", "the process is stopped",
                        absl::StrCat("kill -CONT ", pid, " lets it go on")});
  }
}

void ExamineStacks(int pid, std::vector<Finding>& findings) {
  const absl::StatusOr<Snapshot> snapshot = TakeSnapshot(pid, {});
  if (!snapshot.ok()) return;
  size_t python = 0;
  size_t whole = 0;
  for (const SnapshotThread& thread : snapshot->threads) {
    python += thread.python;
    whole += thread.python && thread.truncated == SampleErrorCode::kNone;
  }
  findings.push_back({whole == python ? Verdict::kOk : Verdict::kWarning, "stacks",
                      absl::StrFormat("%d of %d Python threads read whole; the process was stopped "
                                      "for %.0f us in all",
                                      whole, python,
                                      static_cast<double>(snapshot->stopped) / kMicrosecond),
                      ""});
}

}  // namespace

std::vector<Finding> Diagnose(int pid) {
  const Privileges own = OwnPrivileges();
  std::vector<Finding> findings;
  findings.push_back({Verdict::kOk, "kernel", absl::StrCat("Linux ", own.kernel), ""});
  findings.push_back(AboutPtrace(own));
  findings.push_back(
      {Verdict::kOk, "versions", absl::StrCat("CPython ", SupportedVersions(), " can be read"),
       ""});
  if (pid == 0) return findings;
  ExamineTarget(pid, findings);
  if (findings.back().verdict != Verdict::kProblem) ExamineStacks(pid, findings);
  return findings;
}

}  // namespace spyhop
