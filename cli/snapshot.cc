// `spyhop snapshot`: every thread's stack now.
#include <unistd.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/terminal.h"
#include "report/json_snapshot.h"
#include "report/text_snapshot.h"

namespace spyhop {
namespace {

void WriteSnapshot(const Snapshot& snapshot, const SnapshotCommandOptions& options, Sink& sink) {
  if (options.json) {
    WriteJsonSnapshot(snapshot, sink);
    return;
  }
  TextSnapshotOptions text;
  if (options.output == "-") {
    text.width = TerminalWidth(STDOUT_FILENO);
    text.color = UseColor(options.common.color, STDOUT_FILENO);
  }
  WriteTextSnapshot(snapshot, text, sink);
}

// All processes are looked at, also after one that could not be.
int TakeSnapshots(const SnapshotCommandOptions& options) {
  StringSink sink;
  ExitStatus exit_status = kExitDone;
  bool is_first = true;
  for (const int pid : options.pids) {
    const absl::StatusOr<Snapshot> snapshot = TakeSnapshot(pid, options.snapshot);
    if (!snapshot.ok()) {
      const ExitStatus error = Report(snapshot.status());
      if (exit_status == kExitDone) exit_status = error;
      continue;
    }
    if (!is_first && !options.json) sink.Append("\n");
    is_first = false;
    WriteSnapshot(*snapshot, options, sink);
  }
  if (is_first) return exit_status;
  const int printed = PrintData(sink.text(), options.output);
  return exit_status != kExitDone ? exit_status : printed;
}

}  // namespace

int SnapshotCommand(const Arguments& arguments) {
  const absl::StatusOr<SnapshotCommandOptions> options = ParseSnapshot(arguments);
  if (!options.ok()) return ReportUsage(options.status(), "snapshot");
  if (options->common.help) return PrintHelp("snapshot");
  SetLogLevel(options->common.log_level);
  const absl::Status writable = CheckWritable(options->output);
  if (!writable.ok()) return Report(writable);
  return TakeSnapshots(*options);
}

}  // namespace spyhop
