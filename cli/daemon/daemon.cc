#include "cli/daemon/daemon.h"

#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "cli/daemon/name_service.h"
#include "cli/daemon/server_options.h"
#include "cli/daemon/snapshot_files.h"

namespace spyhop {
namespace {

constexpr Nanos kTick = kSecond / 2;
constexpr Nanos kStuck = 10 * kSecond;

History::Limits LimitsOf(const DaemonConfig& config) {
  return {.bytes = config.history_bytes, .age = config.history_age};
}

}  // namespace

absl::Status Daemon::Run() {
  // What it writes is for its owner and group: code and file names of others' programs.
  umask(027);
  // A file that may not grow any more is an error like any other (setrlimit(2)).
  signal(SIGXFSZ, SIG_IGN);
  UseBuiltInNameService();
  absl::StatusOr<Outputs> outputs = OpenOutputs(config_);
  if (!outputs.ok()) return outputs.status();
  outputs_ = *std::move(outputs);
  pushers_ = outputs_.pushers;
  RemoveUnfinishedSnapshotFiles(config_.snapshot_folder);
  fleet_ = std::make_unique<FleetWatch>(config_, outputs_.ForFleet());
  last_tick_ = clock_.Now();
  absl::StatusOr<ServerOptions> doors = ServerOptionsOf(config_);
  if (!doors.ok()) return doors.status();
  if (absl::Status served = Serve(*std::move(doors)); !served.ok()) return served;
  manager_.Ready();
  LogInfo("the daemon is running");
  Work();
  manager_.Stopping();
  server_.reset();
  fleet_.reset();  // the last parts
  pushers_.clear();
  outputs_ = {};  // and their way to the disk and to the stores
  LogInfo("the daemon has ended");
  return absl::OkStatus();
}

void Daemon::Work() {
  Asked asked;
  for (Nanos next = clock_.Now(); !asked.end; asked = Await(next)) {
    if (asked.reload) DoReload();
    if (asked.snapshot) fleet_->SnapshotAll(config_.snapshot_folder);
    const Nanos now = clock_.Now();
    manager_.StayAlive(now);
    if (now < next) continue;
    fleet_->Tick();
    last_tick_ = now;
    next = std::max(next + kTick, now);
  }
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
  absl::StatusOr<Outputs> outputs = OpenOutputs(*config);
  if (!outputs.ok()) return outputs.status();
  if (absl::Status served = ServeAnew(*config); !served.ok()) return served;
  config_ = *std::move(config);
  outputs_ = *std::move(outputs);
  if (outputs_.history != nullptr) outputs_.history->set_limits(LimitsOf(config_));
  fleet_->Apply(config_, outputs_.ForFleet());
  const std::lock_guard lock(mutex_);
  pushers_ = outputs_.pushers;
  return absl::OkStatus();
}

// What is as before goes on.
absl::StatusOr<Daemon::Outputs> Daemon::OpenOutputs(const DaemonConfig& config) const {
  Outputs outputs;
  absl::StatusOr<Pushers> pushers = OpenPushers(config.pushes, outputs_.pushers);
  if (!pushers.ok()) return pushers.status();
  outputs.pushers = *std::move(pushers);
  if (config.history.empty()) return outputs;
  if (outputs_.history != nullptr && config.history == config_.history) {
    outputs.history = outputs_.history;
    return outputs;
  }
  absl::StatusOr<std::unique_ptr<History>> history =
      History::Open(config.history, LimitsOf(config));
  if (!history.ok()) return history.status();
  outputs.history = *std::move(history);
  return outputs;
}

std::shared_ptr<const FleetOutputs> Daemon::Outputs::ForFleet() const {
  auto outputs = std::make_shared<FleetOutputs>();
  outputs->history = history;
  outputs->consumers.assign(pushers.begin(), pushers.end());
  return outputs;
}

absl::Status Daemon::Serve(ServerOptions options) {
  server_options_ = options;
  options.health = [this] { return Health(); };
  options.more_metrics = [this] { return PushMetricsNow(); };
  absl::StatusOr<std::unique_ptr<DaemonServer>> server = DaemonServer::Create(options, *fleet_);
  if (!server.ok()) return server.status();
  server_ = *std::move(server);
  return absl::OkStatus();
}

// Two cannot listen at one place: the old one goes first, and comes back when there is no new one.
absl::Status Daemon::ServeAnew(const DaemonConfig& config) {
  absl::StatusOr<ServerOptions> options = ServerOptionsOf(config);
  if (!options.ok()) return options.status();
  if (AreSameDoors(*options, server_options_)) return absl::OkStatus();
  const ServerOptions before = server_options_;
  server_.reset();
  const absl::Status served = Serve(*std::move(options));
  if (served.ok()) return served;
  if (const absl::Status back = Serve(before); !back.ok()) {
    LogError(absl::StrCat("the daemon cannot be asked any more: ", back.message()));
  }
  return served;
}

absl::Status Daemon::Health() const {
  if (clock_.Now() - last_tick_ < kStuck) return absl::OkStatus();
  return absl::UnavailableError("the daemon has not looked for processes for 10 s");
}

std::string Daemon::PushMetricsNow() {
  const std::lock_guard lock(mutex_);
  return PushMetrics(pushers_);
}

}  // namespace spyhop
