#include <algorithm>
#include <utility>

#include "sampler/doctor/doctor.h"
#include "sampler/doctor/findings.h"

namespace spyhop {
namespace {

using Verdict = Finding::Verdict;

void AboutTarget(Attachment& attachment, const Privileges& own, Diagnosis& diagnosis) {
  Findings& findings = diagnosis.findings;
  diagnosis.target = attachment.info();
  AboutPython(attachment, findings);
  const ProcessFiles files(attachment.pid());
  AboutPlace(files, findings);
  AboutProcess(files, own, findings);
  AboutStacks(attachment, findings);
  AboutNative(attachment, findings);
  if (IsAtLiberty(files)) AboutCost(attachment.pid(), findings);
}

void AboutProcessWithId(int pid, const Privileges& own, Diagnosis& diagnosis) {
  const absl::StatusOr<std::unique_ptr<Attachment>> attachment = Attachment::Create(pid);
  diagnosis.attach = attachment.status();
  if (attachment.ok()) return AboutTarget(**attachment, own, diagnosis);
  AboutError(pid, attachment.status(), own, diagnosis.findings);
  if (absl::IsNotFound(attachment.status())) return;
  const ProcessFiles files(pid);
  AboutPlace(files, diagnosis.findings);
  AboutProcess(files, own, diagnosis.findings);
}

// What may stand in the way of some process is none where it does not stand in this one's; where it
// does, the remedy is the target's.
void FitToTarget(bool attached, Findings& findings) {
  for (Finding& finding : findings) {
    if (finding.verdict == Verdict::kProblem) finding.verdict = Verdict::kWarning;
    const bool of_access = finding.subject == "permission" || finding.subject == "yama";
    if (of_access && attached) finding.verdict = Verdict::kOk;
    if (of_access || finding.subject == "place") finding.remedy = {};
  }
}

}  // namespace

bool Diagnosis::HasProblem() const {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.verdict == Verdict::kProblem; });
}

Diagnosis Diagnose(int pid) {
  const Privileges own = OwnPrivileges();
  Diagnosis diagnosis;
  AboutMachine(own, diagnosis.findings);
  AboutOwnPlace(own, diagnosis.findings);
  if (pid == 0) return diagnosis;
  Findings of_machine = std::exchange(diagnosis.findings, {});
  AboutProcessWithId(pid, own, diagnosis);
  FitToTarget(diagnosis.attach.ok(), of_machine);
  diagnosis.findings.insert(diagnosis.findings.begin(), of_machine.begin(), of_machine.end());
  return diagnosis;
}

}  // namespace spyhop
