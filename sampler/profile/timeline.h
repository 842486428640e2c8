// The lengths of a timeline's spans, made to agree with the profile's sums.
//
// A span's length is the wall time of the sample. What the scheduler says of the thread afterwards
// changes the sums (Profile::Calibrate): the spans of one thread and stack are scaled so that they
// add up to that stack's time. Costs one look at each span and bucket. Reads a finished Profile and
// keeps no reference to it.
#ifndef SPYHOP_SAMPLER_PROFILE_TIMELINE_H_
#define SPYHOP_SAMPLER_PROFILE_TIMELINE_H_

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "sampler/profile/profile.h"

namespace spyhop {

class SpanScale {
 public:
  explicit SpanScale(const Profile& profile);
  // In nanoseconds; a fraction of one is left to whoever adds up.
  double Weight(const Profile::Span& span) const;

 private:
  absl::flat_hash_map<std::pair<ThreadIndex, StackId>, double> factors_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROFILE_TIMELINE_H_
