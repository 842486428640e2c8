// One target: sampled in parts, each kept in the history, among the recent ones, and by whoever
// wants it; its figures since it was found.
//
// All may be called by any thread; none waits for a round, but for the destructor.
#ifndef SPYHOP_CLI_DAEMON_TARGET_WATCH_H_
#define SPYHOP_CLI_DAEMON_TARGET_WATCH_H_

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cli/daemon/fleet.h"
#include "cli/daemon/governor.h"
#include "cli/daemon/history.h"
#include "cli/daemon/recent_parts.h"
#include "sampler/live_feed.h"
#include "sampler/profile/recording_stream.h"

namespace spyhop {

// Where finished parts go.
struct FleetOutputs {
  std::shared_ptr<History> history;  // may be null
  std::vector<std::shared_ptr<PartConsumer>> consumers;
};

class TargetWatch : private LiveFeed::Listener {
 public:
  using OutputsNow = std::function<std::shared_ptr<const FleetOutputs>()>;

  struct How {
    uint64_t id = 0;  // no other one has had it
    bool native = false;
    Nanos segment = 0;
  };

  // `target`: its start time, rule, labels and asked rate. `recent` must outlive it.
  TargetWatch(FleetTarget target, const How& how, std::unique_ptr<Sampler> sampler,
              OutputsNow outputs, RecentParts& recent);

  FleetTarget Describe() const;
  Governor::Target Measured() const;
  bool native() const { return how_.native; }
  uint64_t start_time() const { return start_time_; }
  bool ended() const { return feed_->ended(); }
  absl::Status status() const { return feed_->status(); }

  void Relabel(std::string rule, Labels labels, double asked_hz);
  void set_asked(double hz);
  void set_granted(double hz);
  void set_lengths(Nanos segment, bool save_memory);
  void Pause();
  void Resume();
  void Close() { feed_->Close(); }

  void Record(Nanos length, Fleet::OnPart done);
  // Takes the time of a snapshot: some 10 ms.
  absl::StatusOr<Snapshot> TakeSnapshot();

 private:
  void OnBegin(Profile& profile) override;
  void OnProgress(const SamplingProgress& progress) override;
  void OnEnd(const std::shared_ptr<const Profile>& profile) override;
  void AddToFigures(const Profile& profile);

  const uint64_t start_time_;
  const How how_;
  const OutputsNow outputs_now_;
  RecentParts& recent_;
  SamplingGate gate_;  // stays open
  // Of the feed's thread.
  std::shared_ptr<const FleetOutputs> outputs_;  // of the part that runs
  std::shared_ptr<History::Recording> recording_;
  std::optional<RecordingStream> stream_;

  mutable std::mutex mutex_;
  FleetTarget target_;              // with the figures of all finished parts
  uint64_t rounds_ = 0;             // idem
  SamplingProgress now_;            // of the part that runs
  std::unique_ptr<LiveFeed> feed_;  // last: uses all of the above
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_TARGET_WATCH_H_
