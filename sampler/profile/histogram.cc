#include "sampler/profile/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace spyhop {
namespace {

constexpr int kSubBits = 4;  // 16 sub-buckets
constexpr uint64_t kSub = uint64_t{1} << kSubBits;

// Values below kSub have a bucket each; then each power of two is cut into kSub buckets.
size_t BucketOf(uint64_t value) {
  if (value < kSub) return value;
  const uint64_t exponent = static_cast<uint64_t>(std::bit_width(value)) - 1;
  const uint64_t sub = (value >> (exponent - kSubBits)) & (kSub - 1);
  return (exponent - kSubBits + 1) * kSub + sub;
}

// The largest value that falls into the bucket.
uint64_t UpperEdge(size_t bucket) {
  if (bucket < kSub) return bucket;
  const uint64_t shift = bucket / kSub - 1;
  return ((kSub + bucket % kSub + 1) << shift) - 1;
}

void AddSaturating(uint32_t& count, uint32_t more) {
  constexpr uint32_t kMax = std::numeric_limits<uint32_t>::max();
  count = more > kMax - count ? kMax : count + more;
}

}  // namespace

void DurationHistogram::Add(Nanos duration) {
  static_assert(kSubBuckets == kSub);
  duration = std::max<Nanos>(duration, 0);
  const size_t bucket = BucketOf(static_cast<uint64_t>(duration));
  AddSaturating(buckets_[std::min(bucket, buckets_.size() - 1)], 1);
  ++count_;
  total_ += duration;
  max_ = std::max(max_, duration);
}

void DurationHistogram::Merge(const DurationHistogram& other) {
  for (size_t i = 0; i < buckets_.size(); ++i) AddSaturating(buckets_[i], other.buckets_[i]);
  count_ += other.count_;
  total_ += other.total_;
  max_ = std::max(max_, other.max_);
}

DurationHistogram DurationHistogram::From(absl::Span<const uint32_t> buckets, Nanos total,
                                          Nanos max) {
  DurationHistogram histogram;
  for (size_t i = 0; i < std::min(buckets.size(), histogram.buckets_.size()); ++i) {
    histogram.buckets_[i] = buckets[i];
    histogram.count_ += buckets[i];
  }
  histogram.total_ = total;
  histogram.max_ = max;
  return histogram;
}

Nanos DurationHistogram::Percentile(double fraction) const {
  if (count_ == 0) return 0;
  const double rank = std::clamp(fraction, 0.0, 1.0) * static_cast<double>(count_);
  const uint64_t wanted = std::max<uint64_t>(1, static_cast<uint64_t>(std::ceil(rank)));
  uint64_t seen = 0;
  for (size_t i = 0; i + 1 < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= wanted) return std::min(static_cast<Nanos>(UpperEdge(i)), max_);
  }
  return max_;
}

}  // namespace spyhop
