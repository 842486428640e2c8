// The classes a thread's time falls into, exactly one at each sample. docs/architecture.md and the
// design define each; system = kernel + wait.
#ifndef SPYHOP_SAMPLER_PROFILE_TIME_CLASS_H_
#define SPYHOP_SAMPLER_PROFILE_TIME_CLASS_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "base/clock.h"

namespace spyhop {

enum class TimeClass : uint8_t { kPython, kNative, kKernel, kWait, kGil, kRunQueue, kIdle };

inline constexpr int kTimeClasses = 7;

// Those of a thread on a CPU.
inline constexpr std::array kRunningClasses = {TimeClass::kPython, TimeClass::kNative,
                                               TimeClass::kKernel};
constexpr bool IsRunning(TimeClass time_class) {
  return time_class == TimeClass::kPython || time_class == TimeClass::kNative ||
         time_class == TimeClass::kKernel;
}

// "python", "native", "kernel", "wait", "gil", "runq", "idle": the words of the JSON outputs.
std::string_view Name(TimeClass time_class);

// Wall time of one thread, line or stack, split by class; CPU time beside it, which is exact
// (schedstat) and not the sum of any classes.
struct Times {
  std::array<Nanos, kTimeClasses> by_class{};
  Nanos cpu = 0;
  uint64_t samples = 0;
  uint64_t idle_samples = 0;  // of `samples`

  Nanos operator[](TimeClass c) const { return by_class[static_cast<size_t>(c)]; }
  Nanos& operator[](TimeClass c) { return by_class[static_cast<size_t>(c)]; }

  // All classes; without idle unless asked for.
  Nanos Wall(bool with_idle) const;
  uint64_t Samples(bool with_idle) const { return with_idle ? samples : samples - idle_samples; }
  Times& operator+=(const Times& other);
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROFILE_TIME_CLASS_H_
