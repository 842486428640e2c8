#include "cli/daemon/daemon.h"

#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "cli/daemon/snapshot_files.h"

namespace spyhop {
namespace {

constexpr Nanos kTick = kSecond / 2;

History::Limits LimitsOf(const DaemonConfig& config) {
  return {.bytes = config.history_bytes, .age = config.history_age};
}

}  // namespace

absl::Status Daemon::Run() {
  // What it writes is for its owner and group: code and file names of others' programs.
  umask(027);
  // A file that may not grow any more is an error like any other (setrlimit(2)).
  signal(SIGXFSZ, SIG_IGN);
  absl::StatusOr<std::shared_ptr<const FleetOutputs>> outputs = OpenOutputs(config_, nullptr);
  if (!outputs.ok()) return outputs.status();
  outputs_ = *std::move(outputs);
  RemoveUnfinishedSnapshotFiles(config_.snapshot_folder);
  fleet_ = std::make_unique<FleetWatch>(config_, outputs_);
  manager_.Ready();
  LogInfo("the daemon is running");
  Asked asked;
  for (Nanos next = clock_.Now(); !asked.end; asked = Await(next)) {
    if (asked.reload) DoReload();
    if (asked.snapshot) fleet_->SnapshotAll(config_.snapshot_folder);
    const Nanos now = clock_.Now();
    manager_.StayAlive(now);
    if (now < next) continue;
    fleet_->Tick();
    next = std::max(next + kTick, now);
  }
  manager_.Stopping();
  fleet_.reset();    // the last parts
  outputs_.reset();  // and their way to the disk
  LogInfo("the daemon has ended");
  return absl::OkStatus();
}

void Daemon::Ask(bool& what) {
  {
    const std::lock_guard lock(mutex_);
    what = true;
  }
  changed_.notify_all();
}

Daemon::Asked Daemon::Await(Nanos until) {
  std::unique_lock lock(mutex_);
  const std::chrono::steady_clock::time_point instant{std::chrono::nanoseconds(until)};
  changed_.wait_until(lock, instant, [this] { return reload_ || snapshot_ || end_; });
  return {std::exchange(reload_, false), std::exchange(snapshot_, false), end_};
}

void Daemon::DoReload() {
  manager_.Reloading();
  const absl::Status status = TryReload();
  manager_.Ready();
  if (status.ok()) return LogInfo("the configuration has been read again");
  fleet_->CountRefusedReload();
  LogError(absl::StrCat(status.message(), "; the old configuration stays"));
}

absl::Status Daemon::TryReload() {
  absl::StatusOr<DaemonConfig> config = load_();
  if (!config.ok()) return config.status();
  absl::StatusOr<std::shared_ptr<const FleetOutputs>> outputs =
      OpenOutputs(*config, outputs_.get());
  if (!outputs.ok()) return outputs.status();
  config_ = *std::move(config);
  outputs_ = *std::move(outputs);
  if (outputs_->history != nullptr) outputs_->history->set_limits(LimitsOf(config_));
  fleet_->Apply(config_, outputs_);
  return absl::OkStatus();
}

// What is as before goes on.
absl::StatusOr<std::shared_ptr<const FleetOutputs>> Daemon::OpenOutputs(
    const DaemonConfig& config, const FleetOutputs* before) const {
  auto outputs = std::make_shared<FleetOutputs>();
  absl::StatusOr<Pushers> pushers =
      OpenPushers(config.pushes, before == nullptr ? Pushers() : before->pushers);
  if (!pushers.ok()) return pushers.status();
  outputs->pushers = *std::move(pushers);
  outputs->consumers.assign(outputs->pushers.begin(), outputs->pushers.end());
  absl::StatusOr<std::shared_ptr<History>> history = OpenHistory(config, before);
  if (!history.ok()) return history.status();
  outputs->history = *std::move(history);
  return outputs;
}

absl::StatusOr<std::shared_ptr<History>> Daemon::OpenHistory(const DaemonConfig& config,
                                                             const FleetOutputs* before) const {
  if (config.history.empty()) return nullptr;
  if (before != nullptr && before->history != nullptr && config.history == config_.history) {
    return before->history;
  }
  return History::Open(config.history, LimitsOf(config));
}

}  // namespace spyhop
