// What attach and run share: samplers run to their end, their profiles become one, and it goes to
// the outputs asked for.
#ifndef SPYHOP_CLI_RECORDING_JOB_H_
#define SPYHOP_CLI_RECORDING_JOB_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/interruption.h"
#include "cli/options.h"
#include "cli/recordings.h"
#include "cli/terminal.h"
#include "sampler/profile/profile.h"
#include "sampler/sampler.h"

namespace spyhop {

// Sampler::Create, or a test's.
using SamplerFactory =
    std::function<absl::StatusOr<std::unique_ptr<Sampler>>(int pid, const SamplerOptions& options)>;
using Samplers = std::vector<std::unique_ptr<Sampler>>;

// Before sampling: every output can be written, and is not bytes for a terminal.
absl::Status CheckOutputs(const std::vector<OutputSpec>& outputs);

// What sampling fills besides the profile.
struct Keeping {
  const Recordings& recordings;
  bool timeline = false;  // Profile::KeepTimeline
};

// Does some output show samples in the order of time?
bool WantsTimeline(const std::vector<OutputSpec>& outputs);

// Runs all samplers at the same time, each in a thread of its own, until all have ended. `profile`
// gets what every one has collected, also when some failed; the first failure is returned.
absl::Status SampleAll(const Samplers& samplers, const Keeping& keeping, Interruption& interruption,
                       StatusLine& status, Profile& profile);

enum class Destination { kFiles, kStdout };

// Writes the outputs that go there, but for recordings; all are tried, the first error is returned.
absl::Status WriteOutputs(const Profile& profile, const OutputOptions& options,
                          Destination destination, TemporaryFiles& temporary_files);

// "1002 samples in 10 s at 99.8 Hz (asked: 100 Hz), 1 truncated, 0 lost; wrote p.json (json)".
std::string Summary(const Profile& profile, const std::vector<OutputSpec>& outputs);

}  // namespace spyhop

#endif  // SPYHOP_CLI_RECORDING_JOB_H_
