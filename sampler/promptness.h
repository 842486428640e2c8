// When the sampling thread is to go before all other work (SCHED_FIFO, sched(7)).
//
// A sampler that waits for a CPU is let in when the target lets go of one, so it meets the target
// where it lets go: at locks, at the ends of its threads. Linux's default policy makes a woken
// thread wait for up to a slice (3 ms) in 1 of 100 wake-ups, though others of its CPUs are free. So
// after a late round some seconds go first. Where CPUs are short this does harm: a thread that
// comes back from our stop finds its CPU taken (met with four hogs on two CPUs: a fifth of the time
// it had). So not where the target's threads queue, nor where rounds take much of the time. Works
// on plain figures; makes no system call. Used by one thread.
#ifndef SPYHOP_SAMPLER_PROMPTNESS_H_
#define SPYHOP_SAMPLER_PROMPTNESS_H_

#include <optional>

#include "base/clock.h"

namespace spyhop {

class Promptness {
 public:
  // All in nanoseconds.
  struct Round {
    Nanos now = 0;     // at its end
    Nanos late = 0;    // from its instant to its begin
    Nanos queued = 0;  // by all of the target's threads since the round before
    Nanos worked = 0;  // by us
  };

  // Is the round after this one to go first?
  bool GoesFirstAfter(const Round& round);

 private:
  void EndWindow(Nanos now);

  std::optional<Nanos> since_;  // goes first
  bool has_room_ = false;       // as of the last window
  std::optional<Nanos> window_;
  Nanos queued_ = 0;  // in this window
  Nanos worked_ = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROMPTNESS_H_
