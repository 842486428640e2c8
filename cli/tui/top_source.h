// The processes that `spyhop top` looks at: samples them, and makes what is shown. One thread.
#ifndef SPYHOP_CLI_TUI_TOP_SOURCE_H_
#define SPYHOP_CLI_TUI_TOP_SOURCE_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "cli/tui/live_profile.h"
#include "cli/tui/top_data.h"
#include "sampler/live_feed.h"
#include "sampler/sampler.h"

namespace spyhop {

class TopSource {
 public:
  // At least one sampler. Samples from now on, in parts of about `delay`: longer ones at low rates,
  // so that a part has enough samples of a thread to be held against the scheduler's counts.
  // `gate` must outlive this.
  TopSource(std::vector<std::unique_ptr<Sampler>> samplers, Nanos delay, double rate_hz,
            SamplingGate& gate);

  // Takes what has been sampled; true when there is something new.
  bool Update();
  // See LiveProfile::Make.
  TopData Make(Nanos window) const;
  void Reset();

  // All have ended, and what they left has been taken.
  bool ended() const { return ended_; }
  // Some sample was made.
  bool has_sampled() const { return has_sampled_; }
  absl::Status status() const;

 private:
  struct Watched {
    std::unique_ptr<LiveFeed> feed;
    LiveProfile live;
  };

  mutable MonotonicClock clock_;
  std::vector<Watched> watched_;
  Nanos start_ = 0;
  Nanos own_cpu_ = 0;  // at start_
  bool ended_ = false;
  bool has_sampled_ = false;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_TUI_TOP_SOURCE_H_
