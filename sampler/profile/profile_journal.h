// Hears every change of a Profile's sums, in order: the same calls on another profile make the same
// sums. Called after the target has been resumed, by the thread that samples.
//
// Strings, frames, stacks, targets and threads are not told: their ids are dense and only grow, so
// whoever listens can look what is new.
#ifndef SPYHOP_SAMPLER_PROFILE_PROFILE_JOURNAL_H_
#define SPYHOP_SAMPLER_PROFILE_PROFILE_JOURNAL_H_

#include "sampler/profile/profile.h"

namespace spyhop {

class ProfileJournal {
 public:
  virtual ~ProfileJournal() = default;
  virtual void OnSample(const Sample& sample) = 0;
  virtual void OnLost(const Sample& sample, SampleErrorCode cause) = 0;
  // `wall` as it was asked for.
  virtual void OnMove(const Profile::Key& from, TimeClass to, Nanos wall) = 0;
  virtual void OnRescale(ThreadIndex thread, const TimeScale& scale) = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROFILE_PROFILE_JOURNAL_H_
