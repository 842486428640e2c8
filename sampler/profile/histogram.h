// A histogram of durations with a relative error of at most 1/16, in constant memory (4 KiB), for
// percentiles of stopped time. Add() allocates nothing.
#ifndef SPYHOP_SAMPLER_PROFILE_HISTOGRAM_H_
#define SPYHOP_SAMPLER_PROFILE_HISTOGRAM_H_

#include <array>
#include <cstdint>

#include "absl/types/span.h"
#include "base/clock.h"

namespace spyhop {

class DurationHistogram {
 public:
  void Add(Nanos duration);
  void Merge(const DurationHistogram& other);

  uint64_t count() const { return count_; }
  Nanos total() const { return total_; }
  Nanos max() const { return max_; }
  // To keep one and make it again, equal to what it was.
  absl::Span<const uint32_t> buckets() const { return buckets_; }
  // Of at most so many buckets.
  static DurationHistogram From(absl::Span<const uint32_t> buckets, Nanos total, Nanos max);
  // The duration below which `fraction` (0 to 1) of all lie; 0 when there are none.
  Nanos Percentile(double fraction) const;

 private:
  static constexpr int kSubBuckets = 16;  // a power of two's range is cut into this many
  static constexpr int kBuckets = 40 * kSubBuckets;

  std::array<uint32_t, kBuckets> buckets_{};
  uint64_t count_ = 0;
  Nanos total_ = 0;
  Nanos max_ = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROFILE_HISTOGRAM_H_
