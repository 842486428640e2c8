// `spyhop run`: start a program, sample it from its first line, exit with its status.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <thread>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "cli/child_program.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/messages.h"
#include "cli/target_sources.h"

namespace spyhop {
namespace {

using std::chrono::microseconds;

constexpr microseconds kFirstPause{500};
constexpr microseconds kLongestPause{250'000};
constexpr microseconds kPatience{3'000'000};  // then the user is told that we are still looking

std::string CurrentFolder() {
  char folder[PATH_MAX];
  return getcwd(folder, sizeof(folder)) != nullptr ? folder : "";
}

// A young process is not yet a Python: its interpreter is being mapped, or a shell script will exec
// it. Other errors will not go away.
bool MayBecomePython(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) || absl::IsUnavailable(status);
}

// Before the program is started: its own statuses must not be taken for ours.
ExitStatus ReportNotStarted(const absl::Status& status) {
  const ExitStatus reported = Report(status);
  return reported == kExitUsage ? reported : kExitCouldNotStart;
}

ExitStatus StartFailure(const absl::Status& status) {
  Report(status);
  if (absl::IsNotFound(status)) return kExitNotFound;
  return absl::IsInternal(status) ? kExitCouldNotStart : kExitNotExecutable;
}

class RunJob {
 public:
  RunJob(const RunOptions& options, const SamplerFactory& create, ChildProgram& child)
      : options_(options),
        create_(create),
        child_(child),
        status_(options.record.common.progress, 1) {
    sources_.set_folder(CurrentFolder());
  }

  void Tick() { status_.Show(); }

  // As long as the program runs, signals are its business, and its end ends us. What is typed
  // reaches it without us; the rest is passed on.
  bool TakeSignal(int signal, bool typed) {
    if (child_.HasEnded()) return false;
    if (!typed) child_.Signal(signal);
    return true;
  }

  int Work(Interruption& interruption) {
    absl::StatusOr<std::unique_ptr<Sampler>> sampler = FindInterpreter();
    absl::StatusOr<Recordings> recordings =
        Recordings::Create(options_.record.outputs, interruption.temporary_files);
    Profile profile;
    absl::Status result = sampler.ok() ? recordings.status() : sampler.status();
    if (result.ok()) {
      sources_.Remember(child_.pid());
      Samplers samplers;
      samplers.push_back(*std::move(sampler));
      const Keeping keeping{*recordings, WantsTimeline(options_.record.outputs)};
      result = SampleAll(samplers, keeping, interruption, status_, profile);
    }
    status_.Clear();
    if (!result.ok()) SayError(absl::StrCat("not sampled: ", result.message()));
    const bool has_samples = profile.figures().samples > 0;
    absl::Status written;
    if (has_samples) {
      written = recordings->Close();
      written.Update(Write(profile, Destination::kFiles, interruption.temporary_files));
    }
    const int exit_status = child_.WaitForExitStatus();
    if (has_samples) {
      written.Update(Write(profile, Destination::kStdout, interruption.temporary_files));
      if (written.ok()) SayInfo(Summary(profile, options_.record.outputs));
    } else if (result.ok()) {
      SayError(
          "the program ended before the first sample; nothing was written; sample faster (-r)");
    }
    const ExitStatus own = Report(written);
    return exit_status != kExitDone ? exit_status : own;
  }

 private:
  // Tried again and again, soon at first, until it works, cannot work, or the program has ended.
  absl::StatusOr<std::unique_ptr<Sampler>> FindInterpreter() {
    microseconds pause = kFirstPause;
    microseconds waited{0};
    bool told = false;
    while (true) {
      absl::StatusOr<std::unique_ptr<Sampler>> sampler =
          create_(child_.pid(), options_.record.sampler);
      if (sampler.ok()) return sampler;
      if (child_.HasEnded()) {
        return absl::FailedPreconditionError(
            "the program ended before Python was found in it; is it a Python program?");
      }
      if (!MayBecomePython(sampler.status())) return sampler;
      if (waited >= kPatience && !std::exchange(told, true)) {
        SayWarning(absl::StrCat("still looking for Python in process ", child_.pid(), ": ",
                                sampler.status().message()));
      }
      std::this_thread::sleep_for(pause);
      waited += pause;
      pause = std::min(pause + pause / 4, kLongestPause);
    }
  }

  absl::Status Write(const Profile& profile, Destination destination,
                     TemporaryFiles& temporary_files) {
    OutputOptions record = options_.record;
    if (record.source) record.view.open_source = sources_.Opener();
    return WriteOutputs(profile, record, destination, temporary_files);
  }

  const RunOptions& options_;
  const SamplerFactory& create_;
  ChildProgram& child_;
  StatusLine status_;
  TargetSources sources_;
};

}  // namespace

int RunProgram(const RunOptions& options, const SamplerFactory& create) {
  const absl::Status writable = CheckOutputs(options.record.outputs);
  if (!writable.ok()) return ReportNotStarted(writable);
  absl::StatusOr<ChildProgram> child = ChildProgram::Start(options.program);
  if (!child.ok()) return StartFailure(child.status());
  RunJob job(options, create, *child);
  return RunInterruptible(
      {.on_signal = [&job](int signal, bool typed) { return job.TakeSignal(signal, typed); },
       .tick = [&job] { job.Tick(); }},
      [&job](Interruption& interruption) { return job.Work(interruption); });
}

int RunCommand(const Arguments& arguments) {
  const absl::StatusOr<RunOptions> options = ParseRun(arguments);
  if (!options.ok()) return ReportUsage(options.status(), "run");
  if (options->record.common.help) return PrintHelp("run");
  SetLogLevel(options->record.common.log_level);
  return RunProgram(*options, Sampler::Create);
}

}  // namespace spyhop
