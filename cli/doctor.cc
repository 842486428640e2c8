// `spyhop doctor`: can it attach, to this process, with what detail; if not, why and what to do.
#include <unistd.h>

#include "base/log.h"
#include "base/scoped_signal_mask.h"
#include "cli/commands.h"
#include "cli/doctor_output.h"
#include "cli/exit_status.h"
#include "cli/terminal.h"

namespace spyhop {
namespace {

// What attach would answer, so that scripts can ask first. Without a process: may we at all?
ExitStatus StatusOf(const Diagnosis& diagnosis, int pid) {
  if (!diagnosis.attach.ok()) return ExitStatusOf(diagnosis.attach);
  if (!diagnosis.HasProblem()) return kExitDone;
  return pid == 0 ? kExitNotPermitted : kExitFailed;
}

}  // namespace

int DoctorCommand(const Arguments& arguments) {
  const absl::StatusOr<DoctorOptions> options = ParseDoctor(arguments);
  if (!options.ok()) return ReportUsage(options.status(), "doctor");
  if (options->common.help) return PrintHelp("doctor");
  SetLogLevel(options->common.log_level);
  const Diagnosis diagnosis = [&options] {
    // For the second it takes: it may hold a thread of the target.
    const ScopedSignalMask not_now(SIG_BLOCK, {SIGTSTP, SIGTTOU});
    return Diagnose(options->pid);
  }();
  const ExitStatus status = StatusOf(diagnosis, options->pid);
  StringSink sink;
  if (options->json) {
    WriteJsonDiagnosis(diagnosis, options->pid, status, sink);
  } else {
    WriteDiagnosis(diagnosis, UseColor(options->common.color, STDOUT_FILENO), sink);
  }
  const int printed = PrintData(sink.text());
  return status != kExitDone ? status : printed;
}

}  // namespace spyhop
