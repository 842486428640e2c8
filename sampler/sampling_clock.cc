#include "sampler/sampling_clock.h"

#include <algorithm>

namespace spyhop {
namespace {

constexpr Nanos kLongestSleep = 100 * kMillisecond;

}  // namespace

SamplingClock::SamplingClock(Clock& clock, double rate_hz, uint64_t seed)
    : clock_(clock),
      period_(static_cast<double>(kSecond) / rate_hz),
      start_(clock.Now()),
      random_(static_cast<std::minstd_rand::result_type>(seed % 2147483646 + 1)) {}

Nanos SamplingClock::AwaitNext(Nanos limit, absl::FunctionRef<bool()> is_over) {
  ++index_;
  const double jitter = std::uniform_real_distribution<double>(0.5, 1.5)(random_);
  const Nanos instant =
      start_ + static_cast<Nanos>((static_cast<double>(index_ - 1) + jitter) * period_);
  Nanos now = clock_.Now();
  const Nanos until = std::min(instant, limit);
  while (now < until && !is_over()) {
    clock_.SleepUntil(std::min(until, now + kLongestSleep));
    now = clock_.Now();
  }
  lateness_ = now - instant;
  const auto lateness = static_cast<double>(lateness_);
  if (lateness > period_ / 2) ++late_rounds_;
  // Less than a period is made up for: at high rates a round takes a good part of one.
  if (lateness > period_) {
    const auto passed = static_cast<uint64_t>(static_cast<double>(now - start_) / period_);
    index_ = std::max(index_, passed);
  }
  return now;
}

void SamplingClock::BeginAnew() {
  start_ = clock_.Now();
  index_ = 0;
}

}  // namespace spyhop
