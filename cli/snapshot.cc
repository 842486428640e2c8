// `spyhop snapshot`: every thread's stack now, or in a core file; several times over, what did not
// move.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/interruption.h"
#include "cli/messages.h"
#include "cli/terminal.h"
#include "report/json_snapshot.h"
#include "report/json_snapshot_series.h"
#include "report/text_snapshot.h"
#include "report/text_snapshot_series.h"

namespace spyhop {
namespace {

// How soon a Ctrl-C between two snapshots is seen.
constexpr Nanos kNap = 50 * kMillisecond;

TextSnapshotOptions TextOptions(const SnapshotCommandOptions& options) {
  TextSnapshotOptions text;
  if (options.output != "-") return text;
  text.width = TerminalWidth(STDOUT_FILENO);
  text.color = UseColor(options.common.color, STDOUT_FILENO);
  return text;
}

void WriteSnapshot(const Snapshot& snapshot, bool json, const TextSnapshotOptions& text,
                   Sink& sink) {
  if (json) {
    WriteJsonSnapshot(snapshot, sink);
  } else {
    WriteTextSnapshot(snapshot, text, sink);
  }
}

class SnapshotJob {
 public:
  SnapshotJob(const SnapshotCommandOptions& options, OutputFile& output, Interruption& interruption)
      : options_(options),
        output_(output),
        interruption_(interruption),
        text_(TextOptions(options)) {}

  int Run();

 private:
  void TakeRound();
  void Take(int pid, bool is_child);
  void Fail(int pid, const absl::Status& error, bool is_child);
  void Separate();
  void Summarize();
  bool IsOver();
  void SleepUntil(Nanos deadline);

  const SnapshotCommandOptions& options_;
  OutputFile& output_;
  Interruption& interruption_;
  const TextSnapshotOptions text_;
  std::map<int, SnapshotSeries> series_;  // by pid
  absl::flat_hash_set<int> given_up_;     // those that could not be looked at, or have ended
  ExitStatus exit_status_ = kExitDone;
  absl::Status written_;
};

int SnapshotJob::Run() {
  Nanos next = MonotonicClock().Now();
  for (size_t round = 1;; ++round) {
    TakeRound();
    if (IsOver() || round == options_.repeat) break;
    next = std::max(next + options_.every, MonotonicClock().Now());
    SleepUntil(next);
    if (IsOver()) break;
  }
  if (series_.empty()) return exit_status_;
  if (options_.repeat != 1) Summarize();
  const int printed = Report(written_.ok() ? output_.Commit() : written_);
  return exit_status_ != kExitDone ? exit_status_ : printed;
}

// All processes are looked at, also after one that could not be.
void SnapshotJob::TakeRound() {
  absl::flat_hash_set<int> taken;
  for (const int pid : options_.pids) {
    if (taken.insert(pid).second) Take(pid, false);
    if (!options_.children) continue;
    for (const int child : ChildProcesses(pid)) {
      if (taken.insert(child).second) Take(child, true);
    }
  }
  written_.Update(output_.Flush());
}

void SnapshotJob::Take(int pid, bool is_child) {
  if (given_up_.contains(pid)) return;
  const absl::StatusOr<Snapshot> snapshot = [&] {
    const ScopedEntry entry(interruption_.gate);
    return TakeSnapshot(pid, options_.snapshot);
  }();
  if (!snapshot.ok()) return Fail(pid, snapshot.status(), is_child);
  Separate();
  series_[pid].Add(*snapshot);
  WriteSnapshot(*snapshot, options_.json, text_, output_.sink());
}

// A child that is no Python, or has ended since it was found, is no error.
void SnapshotJob::Fail(int pid, const absl::Status& error, bool is_child) {
  given_up_.insert(pid);
  if (series_.contains(pid) && absl::IsNotFound(error)) {
    return SayInfo(absl::StrCat("process ", pid, " has ended"));
  }
  if (is_child && (absl::IsNotFound(error) || absl::IsFailedPrecondition(error))) return;
  const ExitStatus status = Report(error);
  if (exit_status_ == kExitDone) exit_status_ = status;
}

void SnapshotJob::Separate() {
  if (!series_.empty() && !options_.json) output_.sink().Append("\n");
}

void SnapshotJob::Summarize() {
  for (const auto& [pid, series] : series_) {
    if (series.snapshots() < 2) continue;
    Separate();
    if (options_.json) {
      WriteJsonSnapshotSeries(series, output_.sink());
    } else {
      WriteTextSnapshotSeries(series, text_, output_.sink());
    }
  }
}

bool SnapshotJob::IsOver() {
  if (interruption_.stop || !written_.ok() || output_.reader_is_gone()) return true;
  return std::all_of(options_.pids.begin(), options_.pids.end(),
                     [&](int pid) { return given_up_.contains(pid); });
}

void SnapshotJob::SleepUntil(Nanos deadline) {
  for (Nanos now; (now = MonotonicClock().Now()) < deadline && !interruption_.stop;) {
    std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(deadline - now, kNap)));
  }
}

int TakeSnapshots(const SnapshotCommandOptions& options, Interruption& interruption) {
  absl::StatusOr<OutputFile> output =
      OutputFile::Open(options.output, &interruption.temporary_files);
  if (!output.ok()) return Report(output.status());
  return SnapshotJob(options, *output, interruption).Run();
}

int TakeOfCore(const SnapshotCommandOptions& options) {
  std::vector<std::string> warnings;
  const absl::StatusOr<Snapshot> snapshot =
      TakeCoreSnapshot(*options.core, options.snapshot, warnings);
  for (const std::string& warning : warnings) SayWarning(warning);
  if (!snapshot.ok()) return Report(snapshot.status());
  StringSink sink;
  WriteSnapshot(*snapshot, options.json, TextOptions(options), sink);
  return PrintData(sink.text(), options.output);
}

}  // namespace

int SnapshotCommand(const Arguments& arguments) {
  const absl::StatusOr<SnapshotCommandOptions> options = ParseSnapshot(arguments);
  if (!options.ok()) return ReportUsage(options.status(), "snapshot");
  if (options->common.help) return PrintHelp("snapshot");
  SetLogLevel(options->common.log_level);
  const absl::Status writable = CheckWritable(options->output);
  if (!writable.ok()) return Report(writable);
  if (options->core) return TakeOfCore(*options);
  return RunInterruptible(
      {}, [&](Interruption& interruption) { return TakeSnapshots(*options, interruption); });
}

}  // namespace spyhop
