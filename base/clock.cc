#include "base/clock.h"

#include <cerrno>
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

Nanos ProcessCpuTime() noexcept { return ReadClock(CLOCK_PROCESS_CPUTIME_ID); }

}  // namespace spyhop
