// `spyhop ctl`: asks a running daemon.
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/daemon/control_client.h"
#include "cli/exit_status.h"
#include "cli/messages.h"
#include "cli/recording_input.h"
#include "cli/target_sources.h"
#include "report/output_file.h"

namespace spyhop {
namespace {

// What an answer may take beyond the time asked for.
constexpr Nanos kPatience = 60 * kSecond;

absl::Status WriteBytes(const std::string& bytes, const std::string& path, TemporaryFiles& files) {
  absl::StatusOr<OutputFile> file = OutputFile::Open(path, &files);
  if (!file.ok()) return file.status();
  file->sink().Append(bytes);
  return file->Commit();
}

class CtlJob {
 public:
  CtlJob(const CtlOptions& options, Interruption& interruption)
      : options_(options), interruption_(interruption) {}

  int Run() {
    if (options_.request.op == ControlOp::kRecord) return Record();
    ControlRequest request = options_.request;
    const std::string path = options_.output.outputs.empty() ? "-" : options_.output.outputs[0].path;
    if (path == "-" && request.format == "text") {
      request.width = TerminalWidth(STDOUT_FILENO);
      request.color = UseColor(options_.output.common.color, STDOUT_FILENO);
    }
    const absl::StatusOr<std::string> answer = Ask(request);
    if (!answer.ok()) return Fail(answer.status());
    return answer->empty() ? kExitDone : PrintData(*answer, path);
  }

 private:
  absl::StatusOr<std::string> Ask(const ControlRequest& request) {
    return AskDaemon(options_.socket, request, request.length + kPatience, interruption_.stop);
  }

  int Fail(const absl::Status& status) {
    const ExitStatus exit_status = Report(status);
    return absl::IsCancelled(status) ? kExitInterrupted : exit_status;
  }

  // The whole recording comes, so that any view and format can be made of it here, with this user's
  // rights to source files.
  int Record() {
    TargetSources sources;
    sources.Remember(*options_.request.pid);
    const absl::StatusOr<std::string> bytes = Ask(options_.request);
    if (!bytes.ok()) return Fail(bytes.status());
    Profile profile;
    const absl::Status read = ParseRecording(*bytes, profile);
    if (!read.ok()) return Report(read);
    OutputOptions output = options_.output;
    output.view.native = HasNativeStacks(profile);
    if (output.source) output.view.open_source = sources.Opener();
    absl::Status written = WriteRecordings(*bytes);
    TemporaryFiles& files = interruption_.temporary_files;
    written.Update(WriteOutputs(profile, output, Destination::kFiles, files));
    written.Update(WriteOutputs(profile, output, Destination::kStdout, files));
    if (written.ok()) SayInfo(Summary(profile, output.outputs));
    return Report(written);
  }

  absl::Status WriteRecordings(const std::string& bytes) {
    absl::Status first;
    for (const OutputSpec& output : options_.output.outputs) {
      if (!output.format->is_recording) continue;
      first.Update(WriteBytes(bytes, output.path, interruption_.temporary_files));
    }
    return first;
  }

  const CtlOptions& options_;
  Interruption& interruption_;
};

}  // namespace

int CtlCommand(const Arguments& arguments) {
  const absl::StatusOr<CtlOptions> options = ParseCtl(arguments);
  if (!options.ok()) return ReportUsage(options.status(), "ctl");
  if (options->output.common.help) return PrintHelp("ctl");
  SetLogLevel(options->output.common.log_level);
  const absl::Status writable = CheckOutputs(options->output.outputs);
  if (!writable.ok()) return Report(writable);
  return RunInterruptible(
      {}, [&](Interruption& interruption) { return CtlJob(*options, interruption).Run(); });
}

}  // namespace spyhop
