// Recordings that a command is given.
#ifndef SPYHOP_CLI_RECORDING_INPUT_H_
#define SPYHOP_CLI_RECORDING_INPUT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "report/recording_file.h"

namespace spyhop {

// Reads all of them into one profile. One that was cut off or is damaged gives what comes before,
// and a warning. kResourceExhausted: there is no sample in them.
absl::Status ReadRecordings(const std::vector<std::string>& paths, const RecordingOptions& options,
                            Profile& profile);

}  // namespace spyhop

#endif  // SPYHOP_CLI_RECORDING_INPUT_H_
