// The command line, parsed into plain structs and checked, so that no command sees a value it
// cannot use. Errors (kInvalidArgument) name the option, what is wrong and what would be right.
//
// Reading them is option_parser.h's, the lists of them option_lists.h's, their help help_page.h's.
#ifndef SPYHOP_CLI_OPTIONS_H_
#define SPYHOP_CLI_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/log.h"
#include "cli/daemon/control_message.h"
#include "cli/tui/top_settings.h"
#include "report/format.h"
#include "report/profile_diff.h"
#include "report/view.h"
#include "sampler/profile/recording_range.h"
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

// What attach, run and report share.
struct OutputOptions {
  CommonOptions common;
  ViewOptions view;                 // without source opener
  bool source = true;               // show source text
  std::vector<OutputSpec> outputs;  // at least one
};

// What attach and run share.
struct RecordOptions : OutputOptions {
  SamplerOptions sampler;
};

struct ReportOptions : OutputOptions {
  std::vector<std::string> recordings;  // at least one
  TimeRange range;
};

struct AttachOptions {
  RecordOptions record;
  std::vector<int> pids;
};

struct RunOptions {
  RecordOptions record;
  std::vector<std::string> program;  // with its arguments
};

struct DiffCommandOptions {
  CommonOptions common;
  ViewOptions view;
  DiffOptions diff;
  std::string before;  // recordings
  std::string after;
  OutputSpec output;
};

struct SnapshotCommandOptions {
  CommonOptions common;
  SnapshotOptions snapshot;
  std::vector<int> pids;
  std::optional<CoreInput> core;  // instead of pids
  bool json = false;
  bool children = false;  // and theirs
  size_t repeat = 1;      // 0: until Ctrl-C
  Nanos every = kSecond;  // from one start to the next
  std::string output = "-";
};

struct DaemonCommandOptions {
  CommonOptions common;
  std::string config;
  bool check = false;
};

struct TopCommandOptions {
  CommonOptions common;
  TopSettings settings;
  SamplerOptions sampler;
  std::vector<int> pids;
  bool source = true;
};

struct CtlOptions {
  OutputOptions output;  // of a record; of all else at most one file
  ControlRequest request;
  std::string socket = kDefaultControlPath;
};

struct ListOptions {
  CommonOptions common;
  bool json = false;
};

struct DoctorOptions {
  CommonOptions common;
  int pid = 0;  // 0: the machine in general
  bool json = false;
};

using Arguments = std::vector<std::string>;  // those after the command

absl::StatusOr<AttachOptions> ParseAttach(const Arguments& arguments);
absl::StatusOr<RunOptions> ParseRun(const Arguments& arguments);
absl::StatusOr<ReportOptions> ParseReport(const Arguments& arguments);
absl::StatusOr<DiffCommandOptions> ParseDiff(const Arguments& arguments);
absl::StatusOr<SnapshotCommandOptions> ParseSnapshot(const Arguments& arguments);
absl::StatusOr<TopCommandOptions> ParseTop(const Arguments& arguments);
absl::StatusOr<CtlOptions> ParseCtl(const Arguments& arguments);
absl::StatusOr<ListOptions> ParseList(const Arguments& arguments);
absl::StatusOr<DaemonCommandOptions> ParseDaemon(const Arguments& arguments);
absl::StatusOr<DoctorOptions> ParseDoctor(const Arguments& arguments);

}  // namespace spyhop

#endif  // SPYHOP_CLI_OPTIONS_H_
