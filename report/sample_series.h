// A thread's samples in the order of time, with lengths that add up to the profile's buckets: what
// the formats that show time from left to right are written from.
//
// Without a timeline in the profile, and for time of stacks that it does not have, the series is
// laid end to end in the order of the call tree. Threads, stacks and idle time that ViewOptions
// leave out leave gaps. Buckets are exact, to the nanosecond (time_dealer.h). Where that makes
// slices longer than the sampled spans, those which follow begin later; where it makes them
// shorter, they move up, by 1/200 of the profile's duration at most: less than is seen. Slices
// never overlap. Memory: 8 bytes a span, and the series that it gives, 40 bytes a slice.
#ifndef SPYHOP_REPORT_SAMPLE_SERIES_H_
#define SPYHOP_REPORT_SAMPLE_SERIES_H_

#include <cstdint>
#include <vector>

#include "report/time_dealer.h"
#include "report/view.h"
#include "sampler/profile/profile.h"
#include "sampler/profile/timeline.h"

namespace spyhop {

struct SampleSlice {
  Nanos begin = 0;   // since the profile's start
  Nanos length = 0;  // 0 where all of the sample's time has gone over to another class
  StackId stack = kNoStack;
  StringId wait_reason{};
  TimeClass time_class = TimeClass::kPython;
  uint64_t count = 0;  // of samples; 0: only time

  Nanos end() const { return begin + length; }
};

class SampleSeries {
 public:
  // Both must outlive it.
  SampleSeries(const Profile& profile, const ViewOptions& options);

  // The kept threads that have buckets, in the profile's order.
  std::vector<ThreadIndex> Threads() const;
  // What is kept of a thread. Not remembered: it is made at each call.
  std::vector<SampleSlice> Of(ThreadIndex thread) const;

 private:
  struct Parts {
    std::vector<const TimeDealer::Bucket*> buckets;
    std::vector<const Profile::Span*> spans;
  };

  bool Keeps(const Profile::Key& place) const;

  const Profile& profile_;
  const ViewOptions& options_;
  const SpanScale scale_;
  std::vector<Parts> threads_;     // by ThreadIndex
  std::vector<bool> keeps_stack_;  // by StackId
};

}  // namespace spyhop

#endif  // SPYHOP_REPORT_SAMPLE_SERIES_H_
