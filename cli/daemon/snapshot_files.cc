#include "cli/daemon/snapshot_files.h"

#include <sys/stat.h>

#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "report/json_snapshot.h"
#include "report/output_file.h"

namespace spyhop {

absl::StatusOr<std::string> WriteSnapshotFile(const std::string& folder,
                                              absl::Span<const Snapshot> snapshots) {
  mkdir(folder.c_str(), 0750);  // if it fails, so does Open, and says why
  const std::string path = absl::StrCat(
      folder, "/", absl::FormatTime("%Y%m%dT%H%M%E3SZ", absl::Now(), absl::UTCTimeZone()), ".json");
  absl::StatusOr<OutputFile> file = OutputFile::Open(path, nullptr);
  if (!file.ok()) return file.status();
  for (const Snapshot& snapshot : snapshots) WriteJsonSnapshot(snapshot, file->sink());
  const absl::Status written = file->Commit();
  if (!written.ok()) return written;
  return path;
}

// OutputFile's names: ".NAME.XXXXXXXX.tmp".
void RemoveUnfinishedSnapshotFiles(const std::string& folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    const bool temporary = absl::StartsWith(name, ".") && absl::EndsWith(name, ".tmp");
    if (temporary && entry.symlink_status(error).type() == std::filesystem::file_type::regular) {
      std::filesystem::remove(entry.path(), error);
    }
  }
}

}  // namespace spyhop
