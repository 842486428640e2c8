// The command line, parsed into plain structs and checked, so that no command sees a value it
// cannot use. Errors (kInvalidArgument) name the option, what is wrong and what would be right.
//
// options.cc is the only user of Boost.Program_options; its exceptions end there.
#ifndef SPYHOP_CLI_OPTIONS_H_
#define SPYHOP_CLI_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/log.h"
#include "report/format.h"
#include "report/view.h"
#include "sampler/sampler.h"

namespace spyhop {

enum class ColorMode : uint8_t { kAuto, kAlways, kNever };

struct CommonOptions {
  bool help = false;  // when set, nothing else has been checked
  LogLevel log_level = LogLevel::kInfo;
  bool progress = true;
  ColorMode color = ColorMode::kAuto;

  bool quiet() const { return log_level == LogLevel::kError; }
};

struct OutputSpec {
  std::string path;  // "-" is stdout
  const Format* format = nullptr;
};

// What attach and run share.
struct RecordOptions {
  CommonOptions common;
  SamplerOptions sampler;
  ViewOptions view;
  std::vector<OutputSpec> outputs;  // at least one
};

struct AttachOptions {
  RecordOptions record;
  std::vector<int> pids;
};

struct RunOptions {
  RecordOptions record;
  std::vector<std::string> program;  // with its arguments
};

struct SnapshotCommandOptions {
  CommonOptions common;
  SnapshotOptions snapshot;
  std::vector<int> pids;
  bool json = false;
  std::string output = "-";
};

struct ListOptions {
  CommonOptions common;
  bool json = false;
};

struct DoctorOptions {
  CommonOptions common;
  int pid = 0;  // 0: the machine in general
};

using Arguments = std::vector<std::string>;  // those after the command

absl::StatusOr<AttachOptions> ParseAttach(const Arguments& arguments);
absl::StatusOr<RunOptions> ParseRun(const Arguments& arguments);
absl::StatusOr<SnapshotCommandOptions> ParseSnapshot(const Arguments& arguments);
absl::StatusOr<ListOptions> ParseList(const Arguments& arguments);
absl::StatusOr<DoctorOptions> ParseDoctor(const Arguments& arguments);

// Examples, then the options of "attach", "run", "snapshot", "list", "doctor".
std::string HelpFor(const std::string& command);

}  // namespace spyhop

#endif  // SPYHOP_CLI_OPTIONS_H_
