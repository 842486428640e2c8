#include "cli/recording_input.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/messages.h"
#include "report/escape.h"
#include "report/table_header.h"

namespace spyhop {

absl::Status ReadRecordings(const std::vector<std::string>& paths, const RecordingOptions& options,
                            Profile& profile) {
  if (options.timeline) profile.KeepTimeline();
  for (const std::string& path : paths) {
    absl::StatusOr<ReadRecording> read = ReadRecordingFile(path, options);
    if (!read.ok()) return read.status();
    if (!read->damage.ok()) {
      SayWarning(
          absl::StrCat(EscapeForTerminal(path), ": ", read->damage.message(),
                       "; what comes before is used: ", ShortDuration(read->profile.duration())));
    }
    if (paths.size() == 1) {
      profile = std::move(read->profile);
    } else {
      profile.Merge(read->profile);
    }
  }
  if (profile.figures().samples > 0) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("there is no sample in ", EscapeForTerminal(paths.front()),
                   options.range.is_all() ? "" : " at that time", ", so nothing was written"));
}

}  // namespace spyhop
