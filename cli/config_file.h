// Reads the daemon's configuration file: sections of `key = value`, comments from `#` on.
//
// The reading of a line is Boost.Program_options', what keys mean is config_reader.h's. Up to 1
// MiB; milliseconds.
#ifndef SPYHOP_CLI_CONFIG_FILE_H_
#define SPYHOP_CLI_CONFIG_FILE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/config_reader.h"
#include "cli/daemon/config.h"

namespace spyhop {

// kInvalidArgument: a line that is none of these, with its number.
absl::StatusOr<std::vector<ConfigLine>> ParseConfigLines(std::string_view text);

// The whole of it; each error begins with the path. kNotFound, kPermissionDenied: the file;
// kInvalidArgument: what it says.
absl::StatusOr<DaemonConfig> LoadConfig(const std::string& path);

}  // namespace spyhop

#endif  // SPYHOP_CLI_CONFIG_FILE_H_
