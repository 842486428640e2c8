// All targets of the daemon: finds them by its configuration, watches each in threads of its own,
// and deals out the budget.
//
// Tick is called twice a second, by one thread; all others by any thread. What takes time (to
// attach: 3 ms and more; a snapshot) is done in threads for that, so a process that makes trouble
// holds up nobody. One that could not be sampled is tried again, with growing pauses.
#ifndef SPYHOP_CLI_DAEMON_FLEET_WATCH_H_
#define SPYHOP_CLI_DAEMON_FLEET_WATCH_H_

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cli/daemon/config.h"
#include "cli/daemon/fleet.h"
#include "cli/daemon/governor.h"
#include "cli/daemon/job_threads.h"
#include "cli/daemon/recent_parts.h"
#include "cli/daemon/selector.h"
#include "cli/daemon/target_watch.h"
#include "sampler/discovery.h"

namespace spyhop {

class FleetWatch : public Fleet {
 public:
  FleetWatch(const DaemonConfig& config, std::shared_ptr<const FleetOutputs> outputs);
  // Ends all sampling; the parts that run are handed on.
  ~FleetWatch() override;

  void Tick();
  // A new configuration: goes for targets that are watched already, too.
  void Apply(const DaemonConfig& config, std::shared_ptr<const FleetOutputs> outputs);
  void CountRefusedReload();
  // Every target's snapshot as one file of JSON in `folder`, in a thread for that.
  void SnapshotAll(const std::string& folder);

  std::vector<FleetTarget> Targets() const override;
  FleetFigures Figures() const override;
  std::vector<FleetPart> Recent(std::optional<int> pid, Nanos length) const override;
  void Record(int pid, Nanos length, OnPart done) override;
  void TakeSnapshot(int pid, OnSnapshot done) override;
  absl::Status Pause(std::optional<int> pid) override;
  absl::Status Resume(std::optional<int> pid) override;
  absl::Status SetRate(std::optional<int> pid, double hz) override;

 private:
  using Watches = std::map<int, std::shared_ptr<TargetWatch>>;  // by pid
  struct Chosen {
    const WatchRule* rule = nullptr;
    std::shared_ptr<const Selector> selector;  // owns it
  };

  void FindNew(Nanos now);
  void Consider(const ProcessFacts& facts);
  void ReconsiderWatched(const ProcessFacts& facts, const std::shared_ptr<TargetWatch>& watch);
  // In a thread for that:
  void Attach(const ProcessFacts& facts);
  absl::StatusOr<Chosen> Choose(const ProcessFacts& facts) const;
  absl::Status TryToAttach(const ProcessFacts& facts);
  void Adopt(const ProcessFacts& facts, const Chosen& chosen, std::unique_ptr<Sampler> sampler);
  void NoteFailure(const ProcessFacts& facts, const absl::Status& problem);

  void LetGoOfEnded();
  void ForgetSolvedProblems();
  void Govern(Nanos now);
  void SaveMemory();
  double AskedRate(int pid, const WatchRule& rule) const;
  std::shared_ptr<TargetWatch> Find(int pid) const;
  absl::Status ForEach(std::optional<int> pid,
                       const std::function<void(TargetWatch& watch)>& what) const;

  MonotonicClock clock_;
  RecentParts recent_;
  // Of Tick's thread.
  ProcessDiscovery discovery_;
  uint64_t ticks_ = 0;

  mutable std::mutex mutex_;
  std::shared_ptr<const FleetOutputs> outputs_;
  std::shared_ptr<const Selector> selector_;
  Governor governor_;
  Governor::Saving saving_ = Governor::Saving::kNothing;
  Nanos segment_ = 0;
  Watches watches_;
  std::map<int, uint64_t> attaching_;    // pid: start time
  std::map<int, FleetTarget> problems_;  // chosen, but not to be sampled
  std::vector<int> reconsider_;          // pids for discovery_
  std::map<int, double> rates_;          // asked for by SetRate
  std::optional<double> rate_of_all_;
  bool paused_ = false;      // those to come, too
  double granted_part_ = 1;  // of what is asked for, in all
  bool closing_ = false;
  FleetFigures figures_;

  JobThreads attachers_;  // last: they use all of the above
  JobThreads snapshots_;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_FLEET_WATCH_H_
