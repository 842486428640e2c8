// `spyhop attach`: sample running processes until Ctrl-C, the duration's or the targets' end.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/messages.h"
#include "cli/target_sources.h"

namespace spyhop {
namespace {

bool AllGone(const std::vector<int>& pids) {
  return std::all_of(pids.begin(), pids.end(),
                     [](int pid) { return kill(pid, 0) != 0 && errno == ESRCH; });
}

// The absence of samples is a message, never an empty file.
ExitStatus ReportNothingSampled(const AttachOptions& options) {
  if (AllGone(options.pids)) {
    const bool one = options.pids.size() == 1;
    SayError(absl::StrCat(one ? "process " : "processes ", absl::StrJoin(options.pids, ", "),
                          " ended before the first sample, so nothing was written; `spyhop list` "
                          "shows the Python processes there are"));
    return kExitNoSuchProcess;
  }
  SayError(absl::StrCat(
      "nothing was sampled, so nothing was written; sample for longer (-d) or faster (-r)",
      options.record.sampler.gil_only ? ", or without --gil" : "", "; `spyhop doctor -p ",
      options.pids[0], "` looks for reasons"));
  return kExitNothingSampled;
}

class AttachJob {
 public:
  AttachJob(const AttachOptions& options, const SamplerFactory& create)
      : options_(options),
        create_(create),
        status_(options.record.common.progress, options.pids.size()) {}

  void Tick() { status_.Show(); }

  int Work(Interruption& interruption) {
    for (const int pid : options_.pids) {
      absl::StatusOr<std::unique_ptr<Sampler>> sampler = create_(pid, options_.record.sampler);
      if (!sampler.ok()) return Report(sampler.status());
      sources_.Remember(pid);
      samplers_.push_back(*std::move(sampler));
    }
    absl::StatusOr<Recordings> recordings =
        Recordings::Create(options_.record.outputs, interruption.temporary_files);
    if (!recordings.ok()) return Report(recordings.status());
    Profile profile;
    const Keeping keeping{*recordings, WantsTimeline(options_.record.outputs)};
    const absl::Status sampled = SampleAll(samplers_, keeping, interruption, status_, profile);
    status_.Clear();
    const ExitStatus error = Report(sampled);
    if (profile.figures().samples == 0) {
      return error != kExitDone ? error : ReportNothingSampled(options_);
    }
    const ExitStatus written = Write(profile, *recordings, interruption.temporary_files);
    return error != kExitDone ? error : written;
  }

 private:
  ExitStatus Write(const Profile& profile, Recordings& recordings,
                   TemporaryFiles& temporary_files) {
    OutputOptions record = options_.record;
    if (record.source) record.view.open_source = sources_.Opener();
    absl::Status written = recordings.Close();
    written.Update(WriteOutputs(profile, record, Destination::kFiles, temporary_files));
    written.Update(WriteOutputs(profile, record, Destination::kStdout, temporary_files));
    if (written.ok()) SayInfo(Summary(profile, record.outputs));
    return Report(written);
  }

  const AttachOptions& options_;
  const SamplerFactory& create_;
  StatusLine status_;
  TargetSources sources_;
  Samplers samplers_;
};

}  // namespace

int Attach(const AttachOptions& options, const SamplerFactory& create) {
  const absl::Status writable = CheckOutputs(options.record.outputs);
  if (!writable.ok()) return Report(writable);
  AttachJob job(options, create);
  return RunInterruptible({.tick = [&job] { job.Tick(); }},
                          [&job](Interruption& interruption) { return job.Work(interruption); });
}

int AttachCommand(const Arguments& arguments) {
  const absl::StatusOr<AttachOptions> options = ParseAttach(arguments);
  if (!options.ok()) return ReportUsage(options.status(), "attach");
  if (options->record.common.help) return PrintHelp("attach");
  SetLogLevel(options->record.common.log_level);
  return Attach(*options, Sampler::Create);
}

}  // namespace spyhop
