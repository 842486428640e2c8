// Snapshots of many processes as one file: one JSON document after the other, as `spyhop snapshot
// --json` prints them.
#ifndef SPYHOP_CLI_DAEMON_SNAPSHOT_FILES_H_
#define SPYHOP_CLI_DAEMON_SNAPSHOT_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "sampler/profile/snapshot.h"

namespace spyhop {

// Whole or not at all, as FOLDER/20261122T184503.123Z.json; makes the folder. Its path.
absl::StatusOr<std::string> WriteSnapshotFile(const std::string& folder,
                                              absl::Span<const Snapshot> snapshots);
// Those that a killed daemon has left unfinished.
void RemoveUnfinishedSnapshotFiles(const std::string& folder);

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_SNAPSHOT_FILES_H_
