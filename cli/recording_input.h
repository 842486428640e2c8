// Recordings that a command is given.
#ifndef SPYHOP_CLI_RECORDING_INPUT_H_
#define SPYHOP_CLI_RECORDING_INPUT_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "report/recording_file.h"

namespace spyhop {

// Reads all of them into one profile. One that was cut off or is damaged gives what comes before,
// and a warning. kResourceExhausted: there is no sample in them.
absl::Status ReadRecordings(const std::vector<std::string>& paths, const RecordingOptions& options,
                            Profile& profile);

// The bytes of a whole recording, which the daemon has sent. `profile` must be empty.
absl::Status ParseRecording(std::string_view bytes, Profile& profile);

// Was it recorded with --native? A thread without Python is one native frame in any recording.
bool HasNativeStacks(const Profile& profile);

}  // namespace spyhop

#endif  // SPYHOP_CLI_RECORDING_INPUT_H_
