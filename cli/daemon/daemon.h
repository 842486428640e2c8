// The daemon: reads its configuration, watches what it says, until it is told to end.
//
// One thread runs it, twice a second; the others of its calls are for whoever takes the signals.
#ifndef SPYHOP_CLI_DAEMON_DAEMON_H_
#define SPYHOP_CLI_DAEMON_DAEMON_H_

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/daemon/config.h"
#include "cli/daemon/fleet_watch.h"
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
  void DoReload();
  absl::Status TryReload();
  absl::StatusOr<std::shared_ptr<const FleetOutputs>> OpenOutputs(const DaemonConfig& config,
                                                                  const FleetOutputs* before) const;
  absl::StatusOr<std::shared_ptr<History>> OpenHistory(const DaemonConfig& config,
                                                       const FleetOutputs* before) const;

  DaemonConfig config_;
  const Load load_;
  MonotonicClock clock_;
  ServiceManager manager_;
  std::shared_ptr<const FleetOutputs> outputs_;
  std::unique_ptr<FleetWatch> fleet_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool reload_ = false;
  bool snapshot_ = false;
  bool end_ = false;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_DAEMON_H_
