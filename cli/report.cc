// `spyhop report`: any view or format of recordings made earlier.
#include <sys/stat.h>

#include <utility>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/messages.h"
#include "cli/recording_input.h"
#include "sampler/target/regular_file.h"

namespace spyhop {
namespace {

// This machine's files, as they were when it was recorded: a line that was written later is not
// what ran.
SourceOpener UnchangedSince(absl::Time end) {
  return [end](int, const std::string& path) {
    if (!path.starts_with('/')) return ScopedFd();
    ScopedFd fd = OpenRegularFile(path);
    struct stat info;
    if (!fd.valid() || fstat(fd.get(), &info) != 0) return ScopedFd();
    return absl::TimeFromTimespec(info.st_mtim) > end ? ScopedFd() : std::move(fd);
  };
}

int MakeReport(const ReportOptions& options, Interruption& interruption) {
  Profile profile;
  const absl::Status read =
      ReadRecordings(options.recordings,
                     {.range = options.range, .timeline = WantsTimeline(options.outputs)}, profile);
  if (!read.ok()) return Report(read);
  OutputOptions output = options;
  output.view.native = HasNativeStacks(profile);
  if (output.source) {
    output.view.open_source =
        UnchangedSince(profile.start() + absl::Nanoseconds(profile.duration()));
  }
  absl::Status written =
      WriteOutputs(profile, output, Destination::kFiles, interruption.temporary_files);
  written.Update(WriteOutputs(profile, output, Destination::kStdout, interruption.temporary_files));
  if (written.ok()) SayInfo(Summary(profile, output.outputs));
  return Report(written);
}

}  // namespace

int ReportCommand(const Arguments& arguments) {
  const absl::StatusOr<ReportOptions> options = ParseReport(arguments);
  if (!options.ok()) return ReportUsage(options.status(), "report");
  if (options->common.help) return PrintHelp("report");
  SetLogLevel(options->common.log_level);
  const absl::Status writable = CheckOutputs(options->outputs);
  if (!writable.ok()) return Report(writable);
  return RunInterruptible(
      {}, [&](Interruption& interruption) { return MakeReport(*options, interruption); });
}

}  // namespace spyhop
