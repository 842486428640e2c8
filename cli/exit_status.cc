#include "cli/exit_status.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "cli/messages.h"
#include "report/escape.h"

namespace spyhop {

namespace {

ExitMeaning MeaningOf(ExitStatus status) {
  switch (status) {
    case kExitDone:
      return {"0", "done"};
    case kExitFailed:
      return {"1", "failed"};
    case kExitUsage:
      return {"2", "wrong usage: no such command or option, or a value that is not accepted"};
    case kExitNoSuchProcess:
      return {"3", "no such process"};
    case kExitNotPermitted:
      return {"4", "not permitted"};
    case kExitNotPython:
      return {"5", "not a Python process, or a version that is not supported"};
    case kExitNothingSampled:
      return {"6", "nothing was sampled"};
    case kExitSlower:
      return {"7", "--fail-above: something got slower by more"};
    case kExitCouldNotStart:
      return {"125", "Spyhop could not start the program; else the status is the program's own"};
    case kExitNotExecutable:
      return {"126", "the program cannot be executed"};
    case kExitNotFound:
      return {"127", "the program was not found"};
    case kExitKilledBySignal:
      return {"128+N", "signal N killed the program"};
    case kExitInterrupted:
      break;
  }
  return {"130", "left at the second Ctrl-C"};
}

}  // namespace

std::vector<ExitMeaning> MeaningsOf(std::span<const ExitStatus> statuses) {
  std::vector<ExitMeaning> meanings;
  for (const ExitStatus status : {kExitDone, kExitFailed, kExitUsage}) {
    meanings.push_back(MeaningOf(status));
  }
  for (const ExitStatus status : statuses) meanings.push_back(MeaningOf(status));
  return meanings;
}

ExitStatus ExitStatusOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitDone;
    case absl::StatusCode::kInvalidArgument:
      return kExitUsage;
    case absl::StatusCode::kNotFound:
      return kExitNoSuchProcess;
    case absl::StatusCode::kPermissionDenied:
      return kExitNotPermitted;
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kUnimplemented:
      return kExitNotPython;
    case absl::StatusCode::kResourceExhausted:
      return kExitNothingSampled;
    default:
      return kExitFailed;
  }
}

ExitStatus Report(const absl::Status& status) {
  if (!status.ok()) SayError(std::string(status.message()));
  return ExitStatusOf(status);
}

ExitStatus ReportUsage(const absl::Status& status, const char* command) {
  LogError(absl::StrCat(EscapeForTerminal(std::string(status.message())), "\n        see: spyhop ",
                        command, *command ? " " : "", "--help"));
  return kExitUsage;
}

}  // namespace spyhop
