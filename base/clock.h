// Time as the sampler sees it: nanoseconds of CLOCK_MONOTONIC, and sleeping until an instant.
//
// An interface so that the sampling clock can be tested without waiting (tests/fakes/fake_clock).
#ifndef SPYHOP_BASE_CLOCK_H_
#define SPYHOP_BASE_CLOCK_H_

#include <semaphore.h>

#include <cstdint>

namespace spyhop {

using Nanos = int64_t;

inline constexpr Nanos kMicrosecond = 1'000;
inline constexpr Nanos kMillisecond = 1'000'000;
inline constexpr Nanos kSecond = 1'000'000'000;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Nanos Now() noexcept = 0;
  // Returns at `instant` or later; at once when it is past. One system call, or none for an instant
  // so near that a sleep would miss it.
  virtual void SleepUntil(Nanos instant) noexcept = 0;
};

class MonotonicClock : public Clock {
 public:
  Nanos Now() noexcept override;
  void SleepUntil(Nanos instant) noexcept override;
};

// Whose sleeps another thread can end.
class WakingClock : public MonotonicClock {
 public:
  WakingClock();
  ~WakingClock() override;
  WakingClock(const WakingClock&) = delete;
  WakingClock& operator=(const WakingClock&) = delete;

  // May return early: after WakeUp().
  void SleepUntil(Nanos instant) noexcept override;
  // Ends the sleep, or the next one, if it has not begun. Thread-safe.
  void WakeUp() noexcept;

 private:
  sem_t woken_;
};

// CPU time of the whole process so far. Adds up all threads: 10 us with 200 of them.
Nanos ProcessCpuTime() noexcept;
// Of the calling thread.
Nanos ThreadCpuTime() noexcept;

}  // namespace spyhop

#endif  // SPYHOP_BASE_CLOCK_H_
