#include "cli/daemon/daemon.h"

#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "cli/daemon/server_options.h"
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
  const absl::Status served = OpenServer(config_);
  if (!served.ok()) return served;
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
  server_.reset();
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
  const absl::Status served = OpenServer(*config);
  if (!served.ok()) return served;
  config_ = *std::move(config);
  outputs_ = *std::move(outputs);
  if (outputs_->history != nullptr) outputs_->history->set_limits(LimitsOf(config_));
  fleet_->Apply(config_, outputs_);
  return absl::OkStatus();
}

absl::Status Daemon::OpenServer(const DaemonConfig& config) {
  absl::StatusOr<ServerOptions> options = ServerOptionsOf(config);
  if (!options.ok()) return options.status();
  if (server_ != nullptr && AreSameDoors(*options, server_options_)) return absl::OkStatus();
  const bool had_one = server_ != nullptr;
  server_.reset();  // the new one may want the same places
  absl::StatusOr<std::unique_ptr<DaemonServer>> server = DaemonServer::Create(*options, *fleet_);
  if (server.ok()) {
    server_ = *std::move(server);
    server_options_ = *std::move(options);
    return absl::OkStatus();
  }
  if (had_one) {
    absl::StatusOr<std::unique_ptr<DaemonServer>> old =
        DaemonServer::Create(server_options_, *fleet_);
    if (old.ok()) server_ = *std::move(old);
  }
  return server.status();
}

// What is as before goes on.
absl::StatusOr<std::shared_ptr<const FleetOutputs>> Daemon::OpenOutputs(
    const DaemonConfig& config, const FleetOutputs* before) const {
  auto outputs = std::make_shared<FleetOutputs>();
  if (config.history.empty()) return outputs;
  if (before != nullptr && before->history != nullptr && config.history == config_.history) {
    outputs->history = before->history;
    return outputs;
  }
  absl::StatusOr<std::unique_ptr<History>> history =
      History::Open(config.history, LimitsOf(config));
  if (!history.ok()) return history.status();
  outputs->history = *std::move(history);
  return outputs;
}

}  // namespace spyhop
