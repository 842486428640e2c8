// A part of a recording by time: which samples, and how much of what was found out later about all
// of a place's samples.
#ifndef SPYHOP_SAMPLER_PROFILE_RECORDING_RANGE_H_
#define SPYHOP_SAMPLER_PROFILE_RECORDING_RANGE_H_

#include <limits>

#include "absl/container/flat_hash_map.h"
#include "sampler/profile/profile.h"

namespace spyhop {

// Since the recording's start.
struct TimeRange {
  Nanos from = 0;
  Nanos to = std::numeric_limits<Nanos>::max();

  bool is_all() const { return from <= 0 && to == std::numeric_limits<Nanos>::max(); }
};

class RangeCut {
 public:
  // A recording's profile starts at this instant of a clock of its own: 0 would be no instant.
  static constexpr Nanos kBegin = 1;

  explicit RangeCut(TimeRange range) : range_(range) {}

  // Leaves of the sample what lies in the range, with its end since the range's begin; false when
  // nothing does. What has no instant is cut like the rest of its place's time.
  bool Cut(Sample& sample);
  // How much of `wall`, which belongs to all samples of a place, is of those in the range; of a
  // place without samples, to all of the thread.
  Nanos PartOf(const Profile::Key& place, Nanos wall) const;
  // `wall` is of another class now, `moved` of it in the range.
  void NoteMove(const Profile::Key& from, TimeClass to, Nanos wall, Nanos moved);
  // Start, duration and rounds of a profile which is of `duration` without the range.
  void Apply(Nanos duration, Profile& profile) const;

 private:
  struct Seen {
    Nanos all = 0;
    Nanos in_range = 0;
  };

  const TimeRange range_;
  void Note(const Profile::Key& place, Nanos all, Nanos in_range);

  // Of a range that is not all.
  absl::flat_hash_map<Profile::Key, Seen> seen_;
  absl::flat_hash_map<ThreadIndex, Seen> of_threads_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROFILE_RECORDING_RANGE_H_
