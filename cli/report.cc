// `spyhop report`: any view or format of recordings made earlier.
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/absl_view.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/messages.h"
#include "report/escape.h"
#include "report/recording_file.h"
#include "report/table_header.h"
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

// What is missing is said; what is there is shown.
absl::Status ReadAll(const ReportOptions& options, Profile& profile) {
  const bool timeline = WantsTimeline(options.outputs);
  if (timeline) profile.KeepTimeline();
  for (const std::string& path : options.recordings) {
    absl::StatusOr<ReadRecording> read =
        ReadRecordingFile(path, {.range = options.range, .timeline = timeline});
    if (!read.ok()) return read.status();
    if (!read->damage.ok()) {
      SayWarning(
          absl::StrCat(EscapeForTerminal(path), ": ", read->damage.message(),
                       "; what comes before is used: ", ShortDuration(read->profile.duration())));
    }
    if (options.recordings.size() == 1) {
      profile = std::move(read->profile);
    } else {
      profile.Merge(read->profile);
    }
  }
  return absl::OkStatus();
}

int MakeReport(const ReportOptions& options, Interruption& interruption) {
  Profile profile;
  const absl::Status read = ReadAll(options, profile);
  if (!read.ok()) return Report(read);
  if (profile.figures().samples == 0) {
    SayError(absl::StrCat("there is no sample in ", options.range.is_all() ? "it" : "that time",
                          ", so nothing was written"));
    return kExitNothingSampled;
  }
  OutputOptions output = options;
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
