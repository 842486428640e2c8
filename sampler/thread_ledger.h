// Charges one kernel thread's time to samples of the profile.
//
// A sample stands for the time since the one before; rounds without a look go to the place where
// the thread rested; looks that told nothing, and what a late sampler missed, to the samples before
// and after. Several thread states can be one kernel thread's (subinterpreters, or a C thread that
// gets a new one for each call into Python): they share its ledger. Works on plain data, makes no
// system call. Used by one thread.
#ifndef SPYHOP_SAMPLER_THREAD_LEDGER_H_
#define SPYHOP_SAMPLER_THREAD_LEDGER_H_

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/sample_error.h"
#include "sampler/kernel_split.h"
#include "sampler/profile/profile.h"
#include "sampler/queue_times.h"
#include "sampler/thread_account.h"

namespace spyhop {

class ThreadLedger {
 public:
  // What a round has found out about the thread.
  struct Look {
    uint64_t round = 0;
    Nanos now = 0;
    Nanos round_before = 0;  // when it was
    Nanos missed = 0;        // for how long no round was made, although some were due
    SchedStat sched;
    Nanos held = 0;  // stopped by us
    bool blocked = false;
    Nanos stop_queued = 0;  // for how long it queued before it reached our stop
    bool was_stopped = false;
    bool holds_gil = false;
    TimeClass in_user_mode = TimeClass::kNative;  // what it is if not in the kernel
    bool reused = false;                          // it has not run since the last look
    bool holder_only = false;  // what it did in rounds without a look is not of interest
  };
  struct Balance {
    TimeTotals totals;  // of the scheduler
    uint32_t samples = 0;
  };

  // `profile` must outlive this.
  ThreadLedger(Profile& profile, ThreadIndex thread) : profile_(profile), thread_(thread) {}

  ThreadIndex thread() const { return thread_; }
  uint64_t last_round() const { return last_round_; }

  // The thread is watched from `now` on, when round `round` was.
  void Open(uint64_t round, Nanos now, const SchedStat& sched, const CpuTicks& ticks);
  // Of `sample`, weight, cpu and thread are filled in here. `ticks`: if they were due.
  void Add(const Look& look, Sample sample, const std::optional<CpuTicks>& ticks);
  // The look told no place.
  void AddLost(const Look& look, SampleErrorCode cause);
  // The thread was there in round `round`, at `now`, and has ended before anything was told of it.
  void AddEnd(uint64_t round, Nanos now);
  // Are the thread's ticks to be read with this sample? Then not again for a while.
  bool TakeTicksDue(Nanos now);
  // The scheduler's last word, without a sample.
  void LookAtEnd(Nanos now, const SchedStat& sched) { account_.Look(now, sched, 0); }
  // The last round was `round`, at `now`. What was booked since Open or the last Close.
  Balance Close(uint64_t round, Nanos now);

 private:
  // Returns how many rounds have passed since the look before.
  uint32_t Advance(const Look& look);
  void ShareMissed(const Look& look);
  void CarryNotSeen(const Look& look, bool runs_again);
  void PlaceQueue(const Look& look, const Sample& sample, const std::optional<Sample>& before);
  void AddToProfile(const Sample& sample);
  // Time until `until` in which a thread at rest was not looked at.
  void AddRest(Nanos until, uint32_t rounds);
  // Time until `until` of which nothing was told, at the last place.
  void AddCarried(Nanos until);
  void AddUnseen(TimeClass time_class, Nanos wall, Nanos cpu);

  Profile& profile_;
  const ThreadIndex thread_;
  ThreadAccount account_;
  KernelSplit split_;
  QueueTimes queue_;
  Nanos next_ticks_ = 0;  // when to read them again
  uint64_t last_round_ = 0;
  Nanos last_sample_ = 0;
  uint32_t samples_ = 0;  // since account_ was opened
  int not_seen_ = 0;      // rounds in a row in which no stack could be told
  Nanos last_lost_ = 0;   // when the last of them was
  SchedStat sched_;
  bool rested_ = false;  // the last look met it blocked
  bool ran_ = false;     // some sample met it on a CPU
  Nanos unplaced_ = 0;   // it queued since the last sample, not at its end of a wait
  std::optional<Sample> previous_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_THREAD_LEDGER_H_
