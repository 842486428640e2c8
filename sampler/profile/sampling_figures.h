// How a profile was sampled: rates, losses, and what it cost the target and us.
#ifndef SPYHOP_SAMPLER_PROFILE_SAMPLING_FIGURES_H_
#define SPYHOP_SAMPLER_PROFILE_SAMPLING_FIGURES_H_

#include <array>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/sample_error.h"
#include "sampler/profile/histogram.h"

namespace spyhop {

// Counts and costs which every profile states.
struct SamplingFigures {
  double rate_hz = 0;      // as asked for
  std::string pause_mode;  // "auto", "never"
  uint64_t rounds = 0;
  uint64_t late_rounds = 0;  // began more than half a period after their time
  uint64_t samples = 0;
  // Samples kept although their stack is not whole, and samples without a stack, by cause.
  std::array<uint64_t, kSampleErrorCodes> truncated{};
  std::array<uint64_t, kSampleErrorCodes> lost{};
  DurationHistogram stops;
  Nanos own_cpu = 0;
  uint64_t own_peak_rss_bytes = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROFILE_SAMPLING_FIGURES_H_
