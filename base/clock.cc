#include "base/clock.h"

#include <cerrno>
#include <ctime>

namespace spyhop {
namespace {

Nanos ReadClock(clockid_t id) noexcept {
  timespec now;
  clock_gettime(id, &now);
  return Nanos{now.tv_sec} * kSecond + now.tv_nsec;
}

}  // namespace

Nanos MonotonicClock::Now() noexcept { return ReadClock(CLOCK_MONOTONIC); }

void MonotonicClock::SleepUntil(Nanos instant) noexcept {
  const timespec until{instant / kSecond, instant % kSecond};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

Nanos ProcessCpuTime() noexcept { return ReadClock(CLOCK_PROCESS_CPUTIME_ID); }
Nanos ThreadCpuTime() noexcept { return ReadClock(CLOCK_THREAD_CPUTIME_ID); }

}  // namespace spyhop
