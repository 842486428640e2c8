#include "sampler/sampling_clock.h"

#include <algorithm>
#include <utility>

namespace spyhop {
namespace {

double PeriodOf(double rate_hz) { return static_cast<double>(kSecond) / rate_hz; }

}  // namespace

SamplingClock::SamplingClock(Clock& clock, const std::atomic<double>& rate_hz, uint64_t seed,
                             Nanos longest_sleep)
    : clock_(clock),
      rate_hz_(rate_hz),
      longest_sleep_(longest_sleep),
      taken_rate_(rate_hz.load()),
      period_(PeriodOf(taken_rate_)),
      longest_period_(period_),
      begin_(clock.Now()),
      start_(begin_),
      random_(static_cast<std::minstd_rand::result_type>(seed % 2147483646 + 1)) {}

Nanos SamplingClock::AwaitNext(Nanos limit, absl::FunctionRef<bool()> is_over) {
  ++index_;
  const double jitter = std::uniform_real_distribution<double>(0.5, 1.5)(random_);
  Nanos now = clock_.Now();
  longest_period_ = 0;
  TakeRate(now);
  Nanos instant = Instant(jitter);
  while (now < std::min(instant, limit) && !is_over()) {
    clock_.SleepUntil(std::min({instant, limit, now + longest_sleep_}));
    now = clock_.Now();
    TakeRate(now);
    instant = Instant(jitter);
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

Nanos SamplingClock::Instant(double jitter) const {
  return start_ + static_cast<Nanos>((static_cast<double>(index_ - 1) + jitter) * period_);
}

// The whole axis is stretched about `now`, so that as many periods have passed as before.
void SamplingClock::TakeRate(Nanos now) {
  longest_period_ = std::max(longest_period_, period_);
  const double rate = rate_hz_.load(std::memory_order_relaxed);
  if (rate == taken_rate_) return;
  const double before = std::exchange(period_, PeriodOf(rate));
  start_ = now - static_cast<Nanos>(static_cast<double>(now - start_) * (period_ / before));
  taken_rate_ = rate;
  longest_period_ = std::max(longest_period_, period_);
}

double SamplingClock::MeanRate(Nanos now) const {
  if (now <= begin_) return taken_rate_;
  return taken_rate_ * static_cast<double>(now - start_) / static_cast<double>(now - begin_);
}

void SamplingClock::BeginAnew() {
  begin_ = start_ = clock_.Now();
  index_ = 0;
}

}  // namespace spyhop
