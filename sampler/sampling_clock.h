// When to sample: one random instant in each period, around absolute deadlines.
//
// Instants are uniform in 0.5 to 1.5 of the period around deadlines that do not drift, so that a
// periodic program is not aliased and the mean rate is exact. Instants that have passed are
// skipped, never replayed: the round that follows is counted as late, and carries the time that
// really went by.
//
// The rate may be changed by another thread at any time: what is left of the current period is
// made as much longer or shorter as the period itself.
#ifndef SPYHOP_SAMPLER_SAMPLING_CLOCK_H_
#define SPYHOP_SAMPLER_SAMPLING_CLOCK_H_

#include <atomic>
#include <cstdint>
#include <random>

#include "absl/functional/function_ref.h"
#include "base/clock.h"

namespace spyhop {

class SamplingClock {
 public:
  // The longest sleep without asking whether it is over.
  static constexpr Nanos kLongestSleep = 100 * kMillisecond;

  // `rate_hz` > 0. Both must outlive this.
  SamplingClock(Clock& clock, const std::atomic<double>& rate_hz, uint64_t seed,
                Nanos longest_sleep = kLongestSleep);

  // Sleeps until the next instant, but not beyond `limit`, and no more than the longest sleep after
  // `is_over` says so; returns the time it is then.
  Nanos AwaitNext(Nanos limit, absl::FunctionRef<bool()> is_over);
  // The instants begin now; what has passed since the last one was a pause, and no round is late.
  void BeginAnew();

  // From the last instant to when AwaitNext returned; below 0 at `limit`.
  Nanos lateness() const { return lateness_; }
  // Rounds that began more than half a period after their instant.
  uint64_t late_rounds() const { return late_rounds_; }
  // The one that AwaitNext last waited by; the longer one where the rate was changed meanwhile.
  Nanos period() const { return static_cast<Nanos>(longest_period_); }
  // Of all rates since the start or the last pause, each for as long as it was asked for; Hz.
  double MeanRate(Nanos now) const;

 private:
  Nanos Instant(double jitter) const;
  void TakeRate(Nanos now);

  Clock& clock_;
  const std::atomic<double>& rate_hz_;
  const Nanos longest_sleep_;
  double taken_rate_;
  double period_;
  double longest_period_;
  Nanos begin_;
  Nanos start_;  // that it would have had with the rate that there is now
  uint64_t index_ = 0;  // of the current period
  Nanos lateness_ = 0;
  uint64_t late_rounds_ = 0;
  std::minstd_rand random_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_SAMPLING_CLOCK_H_
