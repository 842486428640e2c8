// A part of a profile's samples, for receivers that take only so many, or so many bytes, at once.
// The parts of one profile add up to it.
#ifndef SPYHOP_REPORT_SAMPLE_RANGE_H_
#define SPYHOP_REPORT_SAMPLE_RANGE_H_

#include <cstddef>
#include <limits>

namespace spyhop {

// Of the samples that a writer would write, in its order.
struct SampleRange {
  size_t first = 0;
  size_t count = std::numeric_limits<size_t>::max();

  bool Has(size_t index) const { return index >= first && index - first < count; }
};

// What a writer has written.
struct WrittenSize {
  size_t samples = 0;
  size_t bytes = 0;  // before they were compressed
};

}  // namespace spyhop

#endif  // SPYHOP_REPORT_SAMPLE_RANGE_H_
