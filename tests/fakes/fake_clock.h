// A clock that stands still until it is told to move, or is slept on. Records the sleeps.
#ifndef SPYHOP_TESTS_FAKES_FAKE_CLOCK_H_
#define SPYHOP_TESTS_FAKES_FAKE_CLOCK_H_

#include <algorithm>
#include <vector>

#include "base/clock.h"

namespace spyhop {

class FakeClock : public Clock {
 public:
  Nanos Now() noexcept override { return now_; }
  void SleepUntil(Nanos instant) noexcept override {
    sleeps_.push_back(instant);
    now_ = std::max(now_, instant) + oversleep_;
  }

  void Advance(Nanos by) { now_ += by; }
  // Every sleep ends this much too late.
  void set_oversleep(Nanos by) { oversleep_ = by; }
  const std::vector<Nanos>& sleeps() const { return sleeps_; }

 private:
  Nanos now_ = 1'000'000;
  Nanos oversleep_ = 0;
  std::vector<Nanos> sleeps_;
};

}  // namespace spyhop

#endif  // SPYHOP_TESTS_FAKES_FAKE_CLOCK_H_
