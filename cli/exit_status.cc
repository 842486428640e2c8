#include "cli/exit_status.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "cli/messages.h"
#include "report/escape.h"

namespace spyhop {

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
