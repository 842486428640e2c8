// Makes the daemon's configuration of the lines of its file. Pure; microseconds.
#ifndef SPYHOP_CLI_CONFIG_READER_H_
#define SPYHOP_CLI_CONFIG_READER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "cli/daemon/config.h"

namespace spyhop {

// One line of the file: a key with its value or, where the key is empty, a section's head.
struct ConfigLine {
  int number = 0;       // from 1
  std::string section;  // "watch web", without the brackets; empty: none has begun
  std::string key;
  std::string value;
};

// kInvalidArgument: the first mistake, with its line, section, key, value and what is allowed, and
// how many more there are.
absl::StatusOr<DaemonConfig> ReadConfig(absl::Span<const ConfigLine> lines);

}  // namespace spyhop

#endif  // SPYHOP_CLI_CONFIG_READER_H_
