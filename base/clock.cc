#include "base/clock.h"

#include <cerrno>
#include <chrono>
#include <ctime>

namespace spyhop {
namespace {

// A sleep takes the kernel some 60 us more on a virtual machine, however short it is. With less
// than twice that ahead, sampling at 15 kHz got 12.
constexpr Nanos kTooShortToSleep = 150 * kMicrosecond;

Nanos ReadClock(clockid_t id) noexcept {
  timespec now;
  clock_gettime(id, &now);
  return Nanos{now.tv_sec} * kSecond + now.tv_nsec;
}

}  // namespace

Nanos MonotonicClock::Now() noexcept { return ReadClock(CLOCK_MONOTONIC); }

void MonotonicClock::SleepUntil(Nanos instant) noexcept {
  if (instant - Now() < kTooShortToSleep) {
    while (Now() < instant) __builtin_ia32_pause();
    return;
  }
  const timespec until{instant / kSecond, instant % kSecond};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

void WakingClock::SleepUntil(Nanos instant) noexcept {
  std::unique_lock lock(mutex_);
  // steady_clock is CLOCK_MONOTONIC.
  const std::chrono::steady_clock::time_point until{std::chrono::nanoseconds(instant)};
  changed_.wait_until(lock, until, [this] { return woken_; });
  woken_ = false;
}

void WakingClock::WakeUp() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_one();
}

Nanos ProcessCpuTime() noexcept { return ReadClock(CLOCK_PROCESS_CPUTIME_ID); }

Nanos ThreadCpuTime() noexcept { return ReadClock(CLOCK_THREAD_CPUTIME_ID); }

}  // namespace spyhop
