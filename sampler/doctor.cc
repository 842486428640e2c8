// Diagnose: can Spyhop attach, to this process, with what detail; if not, why and what to do.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "interp_layouts/registry.h"
#include "sampler/attachment.h"
#include "sampler/sampler.h"
#include "sampler/target/privileges.h"
#include "sampler/target/process_condition.h"

namespace spyhop {
namespace {

using Verdict = Finding::Verdict;

// Of one's own processes; which one is asked for decides whether it matters.
Finding AboutPtrace(const Privileges& own) {
  if (own.sys_ptrace) {
    const Verdict verdict = own.in_user_namespace ? Verdict::kWarning : Verdict::kOk;
    return {verdict, "permission",
            absl::StrCat("the capability to read and stop any process (CAP_SYS_PTRACE) is there",
                         own.in_user_namespace ? ", but only within Spyhop's user namespace" : ""),
            own.in_user_namespace ? HowToBePermitted(own) : ""};
  }
  if (own.yama_scope >= 1) {
    return {Verdict::kProblem, "permission",
            absl::StrFormat("user %d has no CAP_SYS_PTRACE and may attach to its own children only",
                            own.user),
            HowToBePermitted(own)};
  }
  return {Verdict::kWarning, "permission",
          absl::StrFormat("user %d has no CAP_SYS_PTRACE: only that user's own processes can be "
                          "attached to",
                          own.user),
          HowToBePermitted(own)};
}

Finding AboutYama(const Privileges& own) {
  const std::string scope = absl::StrCat("kernel.yama.ptrace_scope is ", own.yama_scope);
  if (own.yama_scope < 0) return {Verdict::kOk, "yama", "not in this kernel", ""};
  if (own.yama_scope == 0) return {Verdict::kOk, "yama", scope + ": no restriction", ""};
  if (own.yama_scope == 3) {
    return {Verdict::kProblem, "yama", scope + ": nobody may attach to anything",
            HowToBePermitted(own)};
  }
  if (own.sys_ptrace) {
    return {Verdict::kOk, "yama", scope + ": does not matter with CAP_SYS_PTRACE", ""};
  }
  return {Verdict::kWarning, "yama", scope + ": no attaching without CAP_SYS_PTRACE",
          own.yama_scope == 1 ? "sysctl kernel.yama.ptrace_scope=0, or the capability"
                              : HowToBePermitted(own)};
}

Finding AboutSeccomp(const Privileges& own) {
  const char* filter = own.seccomp_mode == 0 ? "no filter" : "a filter";
  if (own.ptrace_call && own.memory_call) {
    return {Verdict::kOk, "seccomp",
            absl::StrCat(filter, "; ptrace and reading memory are allowed"), ""};
  }
  if (own.memory_call) {
    return {Verdict::kWarning, "seccomp",
            absl::StrCat(filter, "; ptrace is refused, so no thread can be stopped"),
            absl::StrCat("use --pause=never, or ", HowToBePermitted(own))};
  }
  return {Verdict::kWarning, "seccomp",
          absl::StrCat(filter,
                       "; the fast way of reading memory is refused, /proc/PID/mem is used instead",
                       own.ptrace_call ? "" : "; ptrace is refused, too"),
          absl::StrCat(own.ptrace_call ? "" : "use --pause=never; ", HowToBePermitted(own))};
}

// Messages end with what to do; here it gets a line of its own.
Finding FromError(const char* subject, const absl::Status& error) {
  const std::string text(error.message());
  for (const std::string_view mark : {". What to do: ", "; "}) {
    const size_t at = mark == "; " ? text.rfind(mark) : text.find(mark);
    if (at == text.npos) continue;
    return {Verdict::kProblem, subject, text.substr(0, at), text.substr(at + mark.size())};
  }
  return {Verdict::kProblem, subject, text, ""};
}

void ExamineState(const ProcessFiles& files, std::vector<Finding>& findings) {
  const ProcessCondition condition = ConditionOf(files);
  if (condition.tracer != 0) {
    findings.push_back({Verdict::kWarning, "tracer",
                        absl::StrFormat("process %d (%s) traces it, so Spyhop cannot stop its "
                                        "threads",
                                        condition.tracer, condition.tracer_name),
                        "end that debugger or tracer, or use --pause=never"});
  }
  if (condition.held()) {
    findings.push_back({Verdict::kWarning, "state",
                        absl::StrCat("the process is ", condition.Describe(files.pid()),
                                     ": its stacks can be read, no time passes in it"),
                        ""});
  }
}

// Where the target lives: told, for it explains its pids and paths; nothing needs to be done.
void ExaminePlace(const ProcessFiles& files, std::vector<Finding>& findings) {
  const absl::StatusOr<ProcessStatus> status = files.Status();
  if (status.ok() && status->namespace_ids.size() > 1) {
    findings.push_back({Verdict::kOk, "pids",
                        absl::StrFormat("it lives in another pid namespace, as process %d; here "
                                        "and in reports it is %d",
                                        status->namespace_ids.back(), files.pid()),
                        ""});
  }
  if (files.SharesNamespace("mnt") == std::optional(false)) {
    findings.push_back({Verdict::kOk, "files",
                        absl::StrFormat("it lives in another mount namespace (a container?): its "
                                        "files are read through /proc/%d/root",
                                        files.pid()),
                        ""});
  } else if (const std::string root = files.Root(); root.size() > 1) {
    findings.push_back({Verdict::kOk, "files",
                        absl::StrCat("its root is ", root, " (chroot): its files are read there"),
                        ""});
  }
}

// True when it can be attached to.
bool ExamineTarget(int pid, std::vector<Finding>& findings) {
  const ProcessFiles files(pid);
  const absl::StatusOr<std::unique_ptr<Attachment>> attachment = Attachment::Create(pid);
  if (!attachment.ok()) {
    findings.push_back(FromError("target", attachment.status()));
    if (!absl::IsNotFound(attachment.status())) ExamineState(files, findings);
    return false;
  }
  const Interpreter& python = (*attachment)->interpreter();
  findings.push_back({Verdict::kOk, "target",
                      absl::StrFormat("process %d runs CPython %s (%s), in %s, found by %s", pid,
                                      python.version.ToString(), FlavourName(python.flags),
                                      python.module, python.found_by),
                      ""});
  findings.push_back({Verdict::kOk, "layout", python.layout.provenance, ""});
  ExaminePlace(files, findings);
  ExamineState(files, findings);
  return true;
}

std::string RemedyFor(SampleErrorCode cause) {
  switch (cause) {
    case SampleErrorCode::kNone:
      return "";
    case SampleErrorCode::kTooDeep:
      return "nothing: the ends of such stacks are kept";
    default:
      return "try again; a sample that is not whole is counted, never guessed";
  }
}

void ExamineStacks(int pid, std::vector<Finding>& findings) {
  const absl::StatusOr<Snapshot> snapshot = TakeSnapshot(pid, {});
  if (!snapshot.ok()) {
    findings.push_back(FromError("stacks", snapshot.status()));
    return;
  }
  size_t python = 0;
  size_t whole = 0;
  SampleErrorCode cause = SampleErrorCode::kNone;
  for (const SnapshotThread& thread : snapshot->threads) {
    if (!thread.python) continue;
    ++python;
    whole += thread.truncated == SampleErrorCode::kNone;
    if (thread.truncated != SampleErrorCode::kNone) cause = thread.truncated;
  }
  std::string text = absl::StrFormat(
      "%d of %d Python %s read whole; the process was stopped for %.0f us in all", whole, python,
      python == 1 ? "thread" : "threads", static_cast<double>(snapshot->stopped) / kMicrosecond);
  if (whole < python) absl::StrAppend(&text, "; ", std::string(Meaning(cause)));
  findings.push_back({whole == python ? Verdict::kOk : Verdict::kWarning, "stacks", std::move(text),
                      RemedyFor(cause)});
}

}  // namespace

std::vector<Finding> Diagnose(int pid) {
  const Privileges own = OwnPrivileges();
  std::vector<Finding> findings;
  findings.push_back({Verdict::kOk, "kernel", absl::StrCat("Linux ", own.kernel), ""});
  for (Finding finding : {AboutPtrace(own), AboutYama(own), AboutSeccomp(own)}) {
    // What may stand in the way of some process is no problem until it does.
    if (pid != 0 && finding.verdict == Verdict::kProblem) finding.verdict = Verdict::kWarning;
    findings.push_back(std::move(finding));
  }
  findings.push_back({Verdict::kOk, "versions",
                      absl::StrCat("CPython ", SupportedVersions(), " can be read"), ""});
  if (pid != 0 && ExamineTarget(pid, findings)) ExamineStacks(pid, findings);
  return findings;
}

}  // namespace spyhop
