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

WakingClock::WakingClock() { sem_init(&woken_, 0, 0); }

WakingClock::~WakingClock() { sem_destroy(&woken_); }

// One futex(2) call; a condition variable makes more than one.
void WakingClock::SleepUntil(Nanos instant) noexcept {
  if (instant - Now() < kTooShortToSleep) return MonotonicClock::SleepUntil(instant);
  const timespec until{instant / kSecond, instant % kSecond};
  while (sem_clockwait(&woken_, CLOCK_MONOTONIC, &until) != 0 && errno == EINTR) {
  }
}

void WakingClock::WakeUp() noexcept { sem_post(&woken_); }

Nanos ProcessCpuTime() noexcept { return ReadClock(CLOCK_PROCESS_CPUTIME_ID); }

Nanos ThreadCpuTime() noexcept { return ReadClock(CLOCK_THREAD_CPUTIME_ID); }

}  // namespace spyhop
