// The targets that the daemon watches, as its servers see them: what can be asked, and what can be
// asked for.
//
// All calls are thread-safe and return at once; what takes time calls back later, once, from
// another thread.
#ifndef SPYHOP_CLI_DAEMON_FLEET_H_
#define SPYHOP_CLI_DAEMON_FLEET_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "cli/daemon/labels.h"
#include "sampler/profile/profile.h"
#include "sampler/profile/snapshot.h"

namespace spyhop {

// One target, as of now.
struct FleetTarget {
  TargetInfo info;
  uint64_t start_time =
      0;             // in clock ticks since boot, as /proc/PID/stat: tells a reused pid apart
  std::string rule;  // the section of the configuration that chose it
  Labels labels;
  absl::Time since;      // when the daemon began to watch it
  double asked_hz = 0;   // by the configuration or `ctl rate`
  double rate_hz = 0;    // granted by the budget
  bool paused = false;   // by `ctl pause`
  absl::Status problem;  // why nothing is sampled; OK: nothing is wrong
  uint64_t threads = 0;
  // Since the daemon began to watch it.
  uint64_t samples = 0;
  uint64_t lost = 0;
  Nanos stopped = 0;       // sum over its stops
  Nanos stopped_most = 0;  // the longest one
  Nanos own_cpu = 0;       // that sampling it has cost
};

// The daemon itself.
struct FleetFigures {
  absl::Time started;
  Nanos own_cpu = 0;      // since it was started
  double cpu_share = 0;   // of one core, over the last ten seconds
  double cpu_budget = 0;  // of one core, allowed; 0: no limit
  uint64_t resident_bytes = 0;
  uint64_t memory_budget = 0;  // bytes; 0: no limit
  uint64_t history_bytes = 0;
  uint64_t found = 0;     // targets ever watched
  uint64_t ended = 0;     // of them, gone
  uint64_t failures = 0;  // processes that were chosen but could not be sampled
  uint64_t reloads = 0;
  uint64_t refused_reloads = 0;  // the configuration was wrong; the old one was kept
};

// A stretch of one target's time, finished: nothing changes it any more.
struct FleetPart {
  FleetTarget target;
  std::shared_ptr<const Profile> profile;
};

class Fleet {
 public:
  using OnPart = std::function<void(absl::StatusOr<FleetPart>)>;
  using OnSnapshot = std::function<void(absl::StatusOr<Snapshot>)>;

  virtual ~Fleet() = default;

  virtual std::vector<FleetTarget> Targets() const = 0;
  virtual FleetFigures Figures() const = 0;
  // The latest parts of one target (of all: no pid) which together span about `length`.
  virtual std::vector<FleetPart> Recent(std::optional<int> pid, Nanos length) const = 0;

  // Errors of the following: kNotFound, no such target is watched.
  // A part that begins now and is `length` long (1 s to 1 h), or ends with the target.
  virtual void Record(int pid, Nanos length, OnPart done) = 0;
  virtual void TakeSnapshot(int pid, OnSnapshot done) = 0;
  // No pid: all targets, those to come too.
  virtual absl::Status Pause(std::optional<int> pid) = 0;
  virtual absl::Status Resume(std::optional<int> pid) = 0;
  // Hz, 0.1 to 1,000, until the target's end or the next reload. The budget may grant less.
  virtual absl::Status SetRate(std::optional<int> pid, double hz) = 0;
};

// Whoever wants each finished part: history, push. Called from a target's own thread; must return
// at once.
class PartConsumer {
 public:
  virtual ~PartConsumer() = default;
  virtual void Consume(const FleetPart& part) = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_FLEET_H_
