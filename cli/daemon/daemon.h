// The daemon: reads its configuration, watches what it says, until it is told to end.
//
// One thread runs it, twice a second; the others of its calls are for whoever takes the signals.
#ifndef SPYHOP_CLI_DAEMON_DAEMON_H_
#define SPYHOP_CLI_DAEMON_DAEMON_H_

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/daemon/config.h"
#include "cli/daemon/daemon_server.h"
#include "cli/daemon/fleet_watch.h"
#include "cli/daemon/push_targets.h"
#include "cli/daemon/service_manager.h"

namespace spyhop {

class Daemon {
 public:
  // Reads the configuration anew, for a reload.
  using Load = std::function<absl::StatusOr<DaemonConfig>()>;

  Daemon(DaemonConfig config, Load load) : config_(std::move(config)), load_(std::move(load)) {}

  // Returns after End(). Error: what the configuration names cannot be used.
  absl::Status Run();

  // Soon; thread-safe.
  void Reload() { Ask(reload_); }  // a configuration that is wrong leaves the old one
  void SnapshotAll() { Ask(snapshot_); }
  void End() { Ask(end_); }

 private:
  struct Asked {
    bool reload = false;
    bool snapshot = false;
    bool end = false;
  };

  void Ask(bool& what);
  Asked Await(Nanos until);
  void Work();
  void DoReload();
  absl::Status TryReload();
  // Where the parts go, by one configuration.
  struct Outputs {
    std::shared_ptr<History> history;
    Pushers pushers;
    std::shared_ptr<const FleetOutputs> ForFleet() const;
  };
  absl::StatusOr<Outputs> OpenOutputs(const DaemonConfig& config) const;
  absl::Status Serve(const DaemonConfig& config);
  absl::Status ServeAnew(const DaemonConfig& config);
  absl::Status Health() const;
  std::string PushMetricsNow();

  DaemonConfig config_;
  const Load load_;
  mutable MonotonicClock clock_;
  ServiceManager manager_;
  Outputs outputs_;
  std::unique_ptr<FleetWatch> fleet_;
  std::unique_ptr<DaemonServer> server_;
  std::atomic<Nanos> last_tick_{0};

  std::mutex mutex_;
  Pushers pushers_;  // for the server's threads
  std::condition_variable changed_;
  bool reload_ = false;
  bool snapshot_ = false;
  bool end_ = false;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_DAEMON_H_
