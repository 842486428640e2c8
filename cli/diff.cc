// `spyhop diff`: what got slower or faster between two recordings.
#include <unistd.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/recording_input.h"
#include "cli/terminal.h"
#include "report/diff_html.h"
#include "report/diff_json.h"
#include "report/diff_table.h"
#include "report/profile_diff.h"

namespace spyhop {
namespace {

absl::Status WriteDiff(const Profile& before, const Profile& after, const ProfileDiff& diff,
                       const DiffCommandOptions& options, TemporaryFiles& temporary_files) {
  absl::StatusOr<OutputFile> file = OutputFile::Open(options.output.path, &temporary_files);
  if (!file.ok()) return file.status();
  ViewOptions view = options.view;
  if (options.output.path == "-") {
    view.width = TerminalWidth(STDOUT_FILENO);
    view.color = UseColor(options.common.color, STDOUT_FILENO);
  }
  if (options.output.format->name == "json") {
    WriteDiffJson(diff, view, file->sink());
  } else if (options.output.format->name == "html") {
    WriteDiffHtml(before, after, view, file->sink());
  } else {
    WriteDiffTable(diff, view, file->sink());
  }
  return file->Commit();
}

int Compare(const DiffCommandOptions& options, TemporaryFiles& temporary_files) {
  Profile before;
  Profile after;
  absl::Status read = ReadRecordings({options.before}, {.timeline = true}, before);
  read.Update(ReadRecordings({options.after}, {.timeline = true}, after));
  if (!read.ok()) return Report(read);
  const ProfileDiff diff = DiffProfiles(before, after, options.diff);
  const absl::Status written = WriteDiff(before, after, diff, options, temporary_files);
  if (!written.ok()) return Report(written);
  const bool fails = options.diff.fail_above && FailsAbove(diff, *options.diff.fail_above);
  return fails ? kExitSlower : kExitDone;
}

}  // namespace

int DiffCommand(const Arguments& arguments) {
  const absl::StatusOr<DiffCommandOptions> options = ParseDiff(arguments);
  if (!options.ok()) return ReportUsage(options.status(), "diff");
  if (options->common.help) return PrintHelp("diff");
  SetLogLevel(options->common.log_level);
  const absl::Status writable = CheckWritable(options->output.path);
  if (!writable.ok()) return Report(writable);
  return RunInterruptible({}, [&](Interruption& interruption) {
    return Compare(*options, interruption.temporary_files);
  });
}

}  // namespace spyhop
