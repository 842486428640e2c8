// Samples one process for as long as it is looked at, and hands on what was sampled in parts of
// some seconds, each a finished profile of its own.
//
// A profile cannot be read while it is filled; and it grows with distinct stacks, as does all that
// the sampler knows by stack. So the sampler is run again and again. Each part's books are closed
// (queue times, time in the kernel, the scheduler's counts), so its figures are as exact as those
// of `spyhop attach`, and nothing has to be copied or locked. Between two parts nothing is sampled
// for 0.2 to 10 ms, where the next one begins; the code cache and the unwinder's rows stay.
//
// Sampling waits for nobody: parts that nobody takes for a minute are dropped. All may be called by
// any thread.
#ifndef SPYHOP_SAMPLER_LIVE_FEED_H_
#define SPYHOP_SAMPLER_LIVE_FEED_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sampler/profile/profile_sum.h"
#include "sampler/sampler.h"

namespace spyhop {

class LiveFeed {
 public:
  struct Part {
    uint64_t number = 0;
    std::shared_ptr<const Profile> profile;
  };

  // Follows a feed, in its own thread, so it must be quick; and must outlive it.
  class Listener {
   public:
    virtual ~Listener() = default;
    // `profile` is empty as yet: time to set its journal.
    virtual void OnBegin(Profile& profile) = 0;
    virtual void OnProgress(const SamplingProgress& progress) = 0;
    // Its books are closed; it may have no samples.
    virtual void OnEnd(const std::shared_ptr<const Profile>& profile) = 0;
  };

  struct Lengths {
    Nanos first = kSecond;
    Nanos each = 2 * kSecond;
  };

  // Samples from now on. With a listener nothing is kept for Take. `gate` must outlive this.
  LiveFeed(std::unique_ptr<Sampler> sampler, Lengths lengths, SamplingGate& gate,
           Listener* listener = nullptr);
  // Ends sampling and waits for it.
  ~LiveFeed();
  LiveFeed(const LiveFeed&) = delete;
  LiveFeed& operator=(const LiveFeed&) = delete;

  // As it was at the start; after an exec the parts have the later ones.
  const TargetInfo& target() const { return target_; }
  Sampler& sampler() { return *sampler_; }
  // What has come since the last call.
  std::deque<Part> Take();
  // Begins a new part now, and forgets those not taken; its number.
  uint64_t BeginAnew();

  using OnWish = std::function<void(absl::StatusOr<std::shared_ptr<const Profile>>)>;
  // What is sampled from now on, for `length`, as one profile: shorter if sampling ends or is
  // halted before. Cuts the part that runs. Wishes may overlap: their parts are added up then.
  // `done` is called once, in the feed's thread or (sampling has ended) in this one.
  void Wish(Nanos length, OnWish done);
  // Of the parts that begin from now on: their length, and how many stacks end one sooner.
  void set_length(Nanos length) { length_ = length; }
  void set_most_stacks(size_t stacks) { most_stacks_ = stacks; }

  // Ends the part that runs, soon; no other one begins before GoOn().
  void Halt();
  void GoOn();
  // Ends sampling soon, for good.
  void Close();
  // The target has ended, or sampling failed, see status(); no further part will come.
  bool ended() const;
  absl::Status status() const;
  // Its threads with a Python state, as last looked at.
  uint64_t threads() const { return threads_; }

 private:
  struct Wanted {
    Nanos left = 0;
    OnWish done;
    bool begun = false;
    std::shared_ptr<const Profile> only;  // of a single part
    std::unique_ptr<ProfileSum> sum;      // of several
  };

  void Loop();
  bool BeginPart();
  Nanos NextLength();
  void SamplePart();
  void Keep(std::shared_ptr<const Profile> profile);
  void Serve(const std::shared_ptr<const Profile>& profile);
  void ServeTheRest(const absl::Status& why);
  void StopPart();
  static void Add(const std::shared_ptr<const Profile>& profile, Wanted& wanted);
  static void Answer(Wanted& wanted, const absl::Status& why);

  const std::unique_ptr<Sampler> sampler_;
  const TargetInfo target_;
  SamplingGate& gate_;
  Listener* const listener_;
  std::atomic<Nanos> length_;
  std::atomic<size_t> most_stacks_;
  std::atomic<bool> stop_{false};  // this part
  std::atomic<uint64_t> threads_{0};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Part> parts_;
  std::vector<Wanted> wishes_;
  uint64_t number_ = 0;
  Nanos next_length_ = 0;
  bool halted_ = false;
  bool closing_ = false;
  bool ended_ = false;
  absl::Status status_;

  std::thread thread_;  // last: uses all of the above
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_LIVE_FEED_H_
