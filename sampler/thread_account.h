// What the scheduler says of one thread since it was first looked at: how much time it was on a
// CPU, queued for one, and blocked, to the nanosecond.
//
// Samples tell where a thread spends its time, and each stands for the time since the one before;
// this tells how much there was of each kind to share out (Profile::Calibrate), so that sums are
// right even when the sampler was late just when the target ran. No allocation, no system call.
#ifndef SPYHOP_SAMPLER_THREAD_ACCOUNT_H_
#define SPYHOP_SAMPLER_THREAD_ACCOUNT_H_

#include "base/clock.h"
#include "sampler/profile/profile.h"
#include "sampler/target/thread_probe.h"

namespace spyhop {

class ThreadAccount {
 public:
  void Open(Nanos now, const SchedStat& sched);
  // `held`: how long we have stopped the thread just now.
  void Look(Nanos now, const SchedStat& sched, Nanos held);
  // From Open or the last Close up to the last look.
  TimeTotals Close();

 private:
  Nanos begin_ = 0;
  Nanos last_ = 0;
  SchedStat first_;
  SchedStat sched_;
  Nanos held_ = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_THREAD_ACCOUNT_H_
