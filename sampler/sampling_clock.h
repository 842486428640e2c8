// When to sample: one random instant in each period, around absolute deadlines.
//
// Instants are uniform in 0.5 to 1.5 of the period around deadlines that do not drift, so that a
// periodic program is not aliased and the mean rate is exact. Instants that have passed are
// skipped, never replayed: the round that follows is counted as late, and carries the time that
// really went by.
#ifndef SPYHOP_SAMPLER_SAMPLING_CLOCK_H_
#define SPYHOP_SAMPLER_SAMPLING_CLOCK_H_

#include <cstdint>
#include <random>

#include "absl/functional/function_ref.h"
#include "base/clock.h"

namespace spyhop {

class SamplingClock {
 public:
  // `rate_hz` > 0. The clock must outlive this.
  SamplingClock(Clock& clock, double rate_hz, uint64_t seed);

  // Sleeps until the next instant, but not beyond `limit`, and no more than 0.1 s after `is_over`
  // says so; returns the time it is then.
  Nanos AwaitNext(Nanos limit, absl::FunctionRef<bool()> is_over);
  // The instants begin now; what has passed since the last one was a pause, and no round is late.
  void BeginAnew();

  // From the last instant to when AwaitNext returned; below 0 at `limit`.
  Nanos lateness() const { return lateness_; }
  // Rounds that began more than half a period after their instant.
  uint64_t late_rounds() const { return late_rounds_; }

 private:
  Clock& clock_;
  double period_;
  Nanos start_;
  uint64_t index_ = 0;  // of the current period
  Nanos lateness_ = 0;
  uint64_t late_rounds_ = 0;
  std::minstd_rand random_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_SAMPLING_CLOCK_H_
