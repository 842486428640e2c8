#include "cli/recording_input.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/messages.h"
#include "report/escape.h"
#include "sampler/profile/recording_reader.h"
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

absl::Status ParseRecording(std::string_view bytes, Profile& profile) {
  const auto read = [&bytes](char* to, size_t size) {
    const size_t taken = bytes.copy(to, size);
    bytes.remove_prefix(taken);
    return taken;
  };
  return ReadRecordingBytes(read, {}, false, profile);
}

bool HasNativeStacks(const Profile& profile) {
  for (size_t i = 1; i < profile.stacks().size(); ++i) {
    const StackId stack{static_cast<uint32_t>(i)};
    const Frame& leaf = profile.frames().Get(profile.stacks().Leaf(stack));
    if (leaf.kind == FrameKind::kNative && profile.stacks().Parent(stack) != kNoStack) return true;
  }
  return false;
}

}  // namespace spyhop
