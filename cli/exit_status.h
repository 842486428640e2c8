// What the program's exit status says to scripts; cli.md's list is the contract.
#ifndef SPYHOP_CLI_EXIT_STATUS_H_
#define SPYHOP_CLI_EXIT_STATUS_H_

#include <span>
#include <vector>

#include "absl/status/status.h"

namespace spyhop {

enum ExitStatus : int {
  kExitDone = 0,
  kExitFailed = 1,
  kExitUsage = 2,
  kExitNoSuchProcess = 3,
  kExitNotPermitted = 4,
  kExitNotPython = 5,  // or a version that is not supported
  kExitNothingSampled = 6,
  kExitSlower = 7,  // diff --fail-above
  // `spyhop run`, when the program could not be run; else it is the program's own.
  kExitCouldNotStart = 125,
  kExitNotExecutable = 126,
  kExitNotFound = 127,
  kExitKilledBySignal = 128,  // + the signal's number
  kExitInterrupted = 130,     // a second Ctrl-C
};

// One line of a command's help.
struct ExitMeaning {
  const char* status;
  const char* text;
};
// What each status of the list means; 0, 1 and 2, which every command has, come before them.
std::vector<ExitMeaning> MeaningsOf(std::span<const ExitStatus> statuses);

ExitStatus ExitStatusOf(const absl::Status& status);

// Says on stderr what went wrong, and returns the exit status for it.
ExitStatus Report(const absl::Status& status);
// The same for a wrong command line: always kExitUsage, and says where help is.
ExitStatus ReportUsage(const absl::Status& status, const char* command);

}  // namespace spyhop

#endif  // SPYHOP_CLI_EXIT_STATUS_H_
