#include "cli/recordings.h"

#include <utility>

namespace spyhop {

absl::StatusOr<Recordings> Recordings::Create(const std::vector<OutputSpec>& outputs,
                                              TemporaryFiles& temporary_files) {
  Recordings recordings;
  for (const OutputSpec& output : outputs) {
    if (!output.format->is_recording) continue;
    absl::StatusOr<std::unique_ptr<RecordingFile>> file =
        RecordingFile::Create(output.path, &temporary_files);
    if (!file.ok()) return file.status();
    recordings.files_.push_back(*std::move(file));
  }
  return recordings;
}

void Recordings::Add(const std::string& message) const {
  for (const auto& file : files_) file->Add(message);
}

absl::Status Recordings::Close() {
  absl::Status first;
  for (const auto& file : files_) first.Update(file->Close());
  files_.clear();
  return first;
}

}  // namespace spyhop
