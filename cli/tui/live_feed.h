// Samples one process for as long as it is looked at, and hands on what was sampled in parts of
// some seconds, each a finished profile of its own.
//
// A profile cannot be read while it is filled; and it grows with distinct stacks, as does all that
// the sampler knows by stack. So the sampler is run again and again. Each part's books are closed
// (queue times, time in the kernel, the scheduler's counts), so its figures are as exact as those
// of `spyhop attach`, and nothing has to be copied or locked. Between two parts nothing is sampled
// for 0.3 to 10 ms, where the next one begins; the code cache and the unwinder's rows stay.
//
// Sampling waits for nobody: parts that nobody takes for a minute are dropped.
#ifndef SPYHOP_CLI_TUI_LIVE_FEED_H_
#define SPYHOP_CLI_TUI_LIVE_FEED_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "absl/status/status.h"
#include "sampler/sampler.h"

namespace spyhop {

class LiveFeed {
 public:
  struct Part {
    uint64_t number = 0;
    std::shared_ptr<const Profile> profile;
  };

  // Samples from now on, in parts of `length`; the first one is shorter. `gate` must outlive this.
  LiveFeed(std::unique_ptr<Sampler> sampler, Nanos length, SamplingGate& gate);
  // Ends sampling and waits for it.
  ~LiveFeed();
  LiveFeed(const LiveFeed&) = delete;
  LiveFeed& operator=(const LiveFeed&) = delete;

  // As it was at the start; after an exec the parts have the later ones.
  const TargetInfo& target() const { return target_; }
  // What has come since the last call.
  std::deque<Part> Take();
  // Begins a new part now; its number.
  uint64_t BeginAnew();
  // The target has ended, or sampling failed, see status(); no further part will come.
  bool ended() const;
  absl::Status status() const;
  // Its threads with a Python state, as last looked at.
  uint64_t threads() const { return threads_; }

 private:
  void Loop();
  bool BeginPart();
  void SamplePart();

  const std::unique_ptr<Sampler> sampler_;
  const TargetInfo target_;
  const Nanos length_;
  SamplingGate& gate_;
  std::atomic<bool> stop_{false};  // this part
  std::atomic<uint64_t> threads_{0};

  mutable std::mutex mutex_;
  std::deque<Part> parts_;
  uint64_t number_ = 0;
  bool closing_ = false;
  bool ended_ = false;
  absl::Status status_;

  std::thread thread_;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_TUI_LIVE_FEED_H_
