// `spyhop doctor`: can it attach, to this process, with what detail; if not, why and what to do.
#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/terminal.h"
#include "report/display_width.h"
#include "report/escape.h"

namespace spyhop {
namespace {

using Verdict = Finding::Verdict;

struct Mark {
  const char* text;
  const char* color;
};

Mark MarkOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return {"ok     ", "\x1b[32m"};
    case Verdict::kWarning:
      return {"warning", "\x1b[33m"};
    case Verdict::kProblem:
      break;
  }
  return {"problem", "\x1b[31m"};
}

std::string FindingText(const Finding& finding, size_t subject_width, bool color) {
  const Mark mark = MarkOf(finding.verdict);
  const std::string subject = PadRight(EscapeForTerminal(finding.subject), subject_width);
  std::string text = absl::StrCat(color ? mark.color : "", mark.text, color ? "\x1b[0m" : "", "  ",
                                  subject, "  ", EscapeForTerminal(finding.text), "\n");
  if (!finding.remedy.empty()) {
    const std::string indent(std::string(mark.text).size() + subject_width + 4, ' ');
    absl::StrAppend(&text, indent, "-> ", EscapeForTerminal(finding.remedy), "\n");
  }
  return text;
}

// What attach would answer, so that scripts can ask first. Without a process: may we at all?
int ExitStatusFor(int pid, bool has_problem) {
  if (!has_problem) return kExitDone;
  if (pid == 0) return kExitNotPermitted;
  const ExitStatus status = ExitStatusOf(Sampler::Create(pid, {}).status());
  return status == kExitDone ? kExitFailed : status;
}

}  // namespace

int DoctorCommand(const Arguments& arguments) {
  const absl::StatusOr<DoctorOptions> options = ParseDoctor(arguments);
  if (!options.ok()) return ReportUsage(options.status(), "doctor");
  if (options->common.help) return PrintHelp("doctor");
  SetLogLevel(options->common.log_level);
  const std::vector<Finding> findings = Diagnose(options->pid);
  size_t width = 0;
  bool has_problem = false;
  for (const Finding& finding : findings) {
    width = std::max(width, DisplayWidth(EscapeForTerminal(finding.subject)));
    has_problem |= finding.verdict == Verdict::kProblem;
  }
  const bool color = UseColor(options->common.color, STDOUT_FILENO);
  std::string text;
  for (const Finding& finding : findings) text += FindingText(finding, width, color);
  const int printed = PrintData(text);
  const int status = ExitStatusFor(options->pid, has_problem);
  return status != kExitDone ? status : printed;
}

}  // namespace spyhop
