// How long one kernel thread queued for a CPU, told by place.
//
// The scheduler counts it to the nanosecond, at the end of each time in the queue. What a thread
// that was met blocked has queued when it woke up is charged to where it was blocked: until it
// runs, its samples look as before. Where it has queued more than once since, the first time is
// taken for an average one of that wait. What a ready thread has queued between two samples is
// charged to the places of these two, unless it got a CPU so often meanwhile that it has been
// elsewhere. What is left is taken in proportion. Plain data, no system call.
//
// A look could ask whether a thread at rest has become ready, and count it as queueing. On a full
// machine that tells a sixth too much: we wake up, give our CPU back, and so end the queues we see.
#ifndef SPYHOP_SAMPLER_QUEUE_TIMES_H_
#define SPYHOP_SAMPLER_QUEUE_TIMES_H_

#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "sampler/profile/profile.h"

namespace spyhop {

class QueueTimes {
 public:
  // A sample was added to the profile, of a thread that was ready.
  void NoteReady(const Sample& sample);
  // The thread, ready all the while, has queued for `queued` where it was met by `sample`.
  void NoteQueue(const Sample& sample, Nanos queued);
  // The thread, blocked as in `sample`, has woken up, and since then queued `slices` times for
  // `queued` together. The first time was at its wait.
  void NoteWakeUp(const Sample& sample, Nanos queued, uint64_t slices);
  // Moves of what was noted so much to TimeClass::kRunQueue as `totals` say, of whatever class it
  // is by now. False when no sample met the thread ready.
  bool Settle(const TimeTotals& totals, Profile& profile);

 private:
  using Weights = absl::flat_hash_map<Profile::Key, Nanos>;

  struct WakeUps {
    Nanos queued = 0;  // of those after which it queued no more
    uint64_t count = 0;
    // The others, all their queues together, and shared out evenly among them.
    Nanos queued_on = 0;
    Nanos even_share = 0;
    uint64_t count_on = 0;

    Nanos Estimate() const;
  };

  static Profile::Key PlaceOf(const Sample& sample);
  // Up to `amount` of all in proportion. Returns how much it was.
  static Nanos Take(const Weights& from, Nanos amount, Profile& profile);
  static Nanos Sum(const Weights& weights);
  static Nanos TakeFrom(const Profile::Key& key, Nanos amount, Profile& profile);

  absl::flat_hash_map<Profile::Key, WakeUps> wake_ups_;
  Nanos ready_ = 0;  // all samples
  // Places of threads that run are without their class, which may change yet.
  Weights ready_at_;
  Weights queued_at_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_QUEUE_TIMES_H_
