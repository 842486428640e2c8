#include "cli/recording_job.h"

#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/absl_view.h"
#include "base/start_thread.h"
#include "report/escape.h"
#include "report/table_header.h"
#include "sampler/profile/recording_stream.h"
#include "sampler/target/scheduling.h"

namespace spyhop {
namespace {

constexpr std::string_view kStdout = "-";

// A sampler measures this process as a whole, so several would count it several times.
void SetOwnCosts(Nanos cpu, SamplingFigures& figures) {
  figures.own_cpu = cpu;
  figures.own_peak_rss_bytes = PeakResidentBytes();
}

absl::Status WriteOutput(const Profile& profile, const OutputSpec& output, ViewOptions view,
                         ColorMode color, TemporaryFiles& temporary_files) {
  if (output.format->for_terminals && output.path == kStdout) {
    view.width = TerminalWidth(STDOUT_FILENO);
    view.color = UseColor(color, STDOUT_FILENO);
  }
  absl::StatusOr<OutputFile> file = OutputFile::Open(output.path, &temporary_files);
  if (!file.ok()) return file.status();
  output.format->write(profile, view, file->sink());
  return file->Commit();
}

uint64_t Sum(const std::array<uint64_t, kSampleErrorCodes>& counts) {
  return std::accumulate(counts.begin(), counts.end(), uint64_t{0});
}

}  // namespace

absl::Status CheckOutputs(const std::vector<OutputSpec>& outputs) {
  for (const OutputSpec& output : outputs) {
    const absl::Status status = CheckWritable(output.path);
    if (!status.ok()) return status;
    if (output.format->is_binary && output.path == kStdout && isatty(STDOUT_FILENO) != 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("--format '", AbslView(output.format->name),
                       "' is not for a terminal; give it a file: -o FILE"));
    }
  }
  return absl::OkStatus();
}

bool WantsTimeline(const std::vector<OutputSpec>& outputs) {
  return std::any_of(outputs.begin(), outputs.end(),
                     [](const OutputSpec& output) { return output.format->wants_timeline; });
}

absl::Status SampleAll(const Samplers& samplers, const Keeping& keeping, Interruption& interruption,
                       StatusLine& status, Profile& profile) {
  const Nanos cpu_before = ProcessCpuTime();
  std::vector<Profile> profiles(samplers.size());
  std::vector<absl::Status> results(samplers.size());
  const auto run = [&](size_t i) {
    if (keeping.timeline) profiles[i].KeepTimeline();
    std::optional<RecordingStream> stream;
    if (!keeping.recordings.empty()) {
      stream.emplace(profiles[i], static_cast<uint32_t>(i),
                     [&keeping](const std::string& message) { keeping.recordings.Add(message); });
    }
    results[i] = samplers[i]->Run(interruption.stop, interruption.gate, profiles[i],
                                  [&status, i](const auto& now) { status.Update(i, now); });
    if (stream && profiles[i].figures().samples > 0) stream->Finish();
  };
  std::vector<std::thread> threads;
  for (size_t i = 1; i < samplers.size(); ++i) {
    absl::StatusOr<std::thread> thread = StartThread([&run, i] { run(i); });
    if (thread.ok()) {
      threads.push_back(*std::move(thread));
    } else {
      results[i] = thread.status();
    }
  }
  if (!samplers.empty()) run(0);
  for (std::thread& thread : threads) thread.join();
  if (samplers.size() == 1) {
    profile = std::move(profiles[0]);
    return results[0];
  }
  if (keeping.timeline) profile.KeepTimeline();
  for (const Profile& part : profiles) profile.Merge(part);
  SetOwnCosts(ProcessCpuTime() - cpu_before, profile.figures());
  for (const absl::Status& result : results) {
    if (!result.ok()) return result;
  }
  return absl::OkStatus();
}

absl::Status WriteOutputs(const Profile& profile, const OutputOptions& options,
                          Destination destination, TemporaryFiles& temporary_files) {
  absl::Status first;
  for (const OutputSpec& output : options.outputs) {
    if (output.format->is_recording) continue;
    const bool to_stdout = output.path == kStdout;
    if (to_stdout != (destination == Destination::kStdout)) continue;
    first.Update(WriteOutput(profile, output, options.view, options.common.color, temporary_files));
  }
  return first;
}

std::string Summary(const Profile& profile, const std::vector<OutputSpec>& outputs) {
  const SamplingFigures& figures = profile.figures();
  std::vector<std::string> written;
  for (const OutputSpec& output : outputs) {
    if (output.path == kStdout) continue;
    written.push_back(
        absl::StrCat(EscapeForTerminal(output.path), " (", AbslView(output.format->name), ")"));
  }
  return absl::StrCat(Counted(figures.samples, "sample"), " in ", ShortDuration(profile.duration()),
                      " at ", ShortNumber(profile.AchievedHz()),
                      " Hz (asked: ", ShortNumber(figures.rate_hz), " Hz), ",
                      Sum(figures.truncated), " truncated, ", Sum(figures.lost), " lost",
                      written.empty() ? "" : "; wrote ", absl::StrJoin(written, ", "));
}

}  // namespace spyhop
