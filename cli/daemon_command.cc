// `spyhop daemon`: continuous sampling of what a configuration file names, within a budget.
#include <signal.h>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/config_file.h"
#include "cli/daemon/daemon.h"
#include "cli/exit_status.h"
#include "cli/interruption.h"
#include "cli/messages.h"
#include "report/escape.h"

namespace spyhop {
namespace {

// Of a configuration: a file that is not there is no missing process.
ExitStatus ReportConfig(const absl::Status& status) {
  SayError(std::string(status.message()));
  return absl::IsInvalidArgument(status) ? kExitUsage : kExitFailed;
}

int RunDaemon(const DaemonCommandOptions& options, DaemonConfig config) {
  Daemon daemon(std::move(config), [&options] { return LoadConfig(options.config); });
  const auto on_signal = [&daemon](int signal, bool) {
    if (signal == SIGHUP) daemon.Reload();
    if (signal == SIGUSR1) daemon.SnapshotAll();
    if (signal == SIGTERM || signal == SIGINT) daemon.End();
    return signal == SIGHUP || signal == SIGUSR1;
  };
  return RunInterruptible({.on_signal = on_signal, .further = {SIGHUP, SIGUSR1}},
                          [&daemon](Interruption&) {
                            const absl::Status status = daemon.Run();
                            if (status.ok()) return kExitDone;
                            SayError(std::string(status.message()));
                            return kExitFailed;
                          });
}

}  // namespace

int DaemonCommand(const Arguments& arguments) {
  const absl::StatusOr<DaemonCommandOptions> options = ParseDaemon(arguments);
  if (!options.ok()) return ReportUsage(options.status(), "daemon");
  if (options->common.help) return PrintHelp("daemon");
  SetLogLevel(options->common.log_level);
  absl::StatusOr<DaemonConfig> config = LoadConfig(options->config);
  if (!config.ok()) return ReportConfig(config.status());
  if (!options->check) return RunDaemon(*options, *std::move(config));
  SayInfo(absl::StrCat(EscapeForTerminal(options->config), " is right: [watch] sections: ",
                       config->watches.size(), ", [push] sections: ", config->pushes.size()));
  return kExitDone;
}

}  // namespace spyhop
