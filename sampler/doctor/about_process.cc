// What can be told of any process, Python or not: whose it is, whether it runs, and why it could
// not be attached to.
#include <unistd.h>

#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sampler/doctor/findings.h"
#include "sampler/relatives.h"
#include "sampler/target/freezer.h"
#include "sampler/target/process_condition.h"
#include "sampler/target/process_vm_memory.h"

namespace spyhop {
namespace {

using Verdict = Finding::Verdict;

void AboutUser(const ProcessFiles& files, const Privileges& own, Findings& findings) {
  const absl::StatusOr<ProcessStatus> status = files.Status();
  if (!status.ok()) return;
  const Ids& user = status->user;
  std::string text =
      absl::StrFormat("it belongs to user %d, Spyhop runs as user %d", user.real, own.user);
  if (!user.AllEqual(user.real)) {
    absl::StrAppend(&text, "; it runs as user ", user.effective, " (a setuid program)");
  }
  if (files.Dumpable() == std::optional(false)) {
    absl::StrAppend(&text, "; it is not dumpable: only CAP_SYS_PTRACE may read it");
  }
  findings.push_back({Verdict::kOk, "user", std::move(text)});
}

void AboutTracer(const ProcessCondition& condition, Findings& findings) {
  if (condition.tracer == 0) return;
  const std::string name =
      condition.tracer_name.empty() ? "of another namespace" : condition.tracer_name;
  findings.push_back(
      {Verdict::kWarning,
       "tracer",
       absl::StrFormat("process %d (%s) traces it%s, so Spyhop cannot stop its "
                       "threads",
                       condition.tracer, name, condition.trace_stop ? " and holds it" : ""),
       {"use --pause never, or end that debugger or tracer",
        {absl::StrCat("kill ", condition.tracer)}}});
}

void AboutFreeze(const ProcessFiles& files, Findings& findings) {
  const std::string cgroups = files.CgroupText().value_or("");
  const std::optional<FrozenGroup> group = FindFrozenGroup(cgroups);
  if (!group) return;
  const std::string file = ShellWord(group->control_file);
  Remedy remedy{"thaw it", {absl::StrCat("echo ", group->thaw_word, " | sudo tee ", file)}};
  const Container container = ParseContainer(cgroups);
  if (container.runtime == ContainerRuntime::kDocker) {
    remedy.lines.insert(remedy.lines.begin(), "docker unpause " + container.short_id());
  }
  findings.push_back({Verdict::kWarning, "frozen",
                      "its control group is frozen: its stacks can be read, no time passes in it",
                      std::move(remedy)});
}

void AboutStop(int pid, Findings& findings) {
  findings.push_back({Verdict::kWarning,
                      "state",
                      "the process is stopped: its stacks can be read, no time passes in it",
                      {"let it go on", {absl::StrCat("kill -CONT ", pid)}}});
}

// Messages end with what to do; here it gets a line of its own.
Finding FromError(const char* subject, const absl::Status& error) {
  const std::string text(error.message());
  const size_t at = text.rfind("; ");
  if (at == text.npos) return {Verdict::kProblem, subject, text};
  return {Verdict::kProblem, subject, text.substr(0, at), {text.substr(at + 2), {}}};
}

Finding FromRefusal(int pid) {
  const Refusal refusal = WhyRefused(pid);
  return {Verdict::kProblem, "target",
          absl::StrFormat("process %d cannot be read: %s", pid, refusal.why), refusal.remedy};
}

}  // namespace

bool IsAtLiberty(const ProcessFiles& files) {
  const ProcessCondition condition = ConditionOf(files);
  return !condition.held() && condition.tracer == 0;
}

void AboutProcess(const ProcessFiles& files, const Privileges& own, Findings& findings) {
  const ProcessCondition condition = ConditionOf(files);
  AboutUser(files, own, findings);
  AboutTracer(condition, findings);
  if (condition.stopped) AboutStop(files.pid(), findings);
  if (condition.frozen) AboutFreeze(files, findings);
}

void AboutError(int pid, const absl::Status& error, const Privileges& own, Findings& findings) {
  if (absl::IsPermissionDenied(error)) return findings.push_back(FromRefusal(pid));
  Finding finding = FromError("target", error);
  if (const std::optional<Relative> relative = FindRelative(pid, error)) {
    absl::StrAppend(&finding.text, "; ", relative->text);
    const std::string program = own.program.empty() ? "spyhop" : ShellWord(own.program);
    finding.remedy = {"use that one's pid",
                      {absl::StrCat(program, " attach --pid ", relative->pid)}};
  } else if (absl::IsNotFound(error) && own.in_pid_namespace) {
    absl::StrAppend(&finding.text, "; Spyhop sees only the processes of its own pid namespace");
    finding.remedy = HowToSeeOthers(own.container);
  }
  findings.push_back(std::move(finding));
}

}  // namespace spyhop
