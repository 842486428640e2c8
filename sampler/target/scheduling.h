// How the kernel schedules Spyhop's own sampling thread, and what it lets it open.
#ifndef SPYHOP_SAMPLER_TARGET_SCHEDULING_H_
#define SPYHOP_SAMPLER_TARGET_SCHEDULING_H_

#include <sched.h>

#include <optional>
#include <string_view>

namespace spyhop {

// Asks for a 0.1 ms slice for the calling thread (Linux 6.12+, no privilege needed; ignored by
// older kernels): under contention that cut late wake-ups from 79 to 6 a second. `first`: also for
// nice -20, where privileges allow (CAP_SYS_NICE): whoever holds a thread stopped must not have to
// queue for a CPU itself. Not for a thread that never sleeps.
void RequestPromptness(bool first) noexcept;

// Puts the calling thread before all that are not real-time ones (SCHED_FIFO, lowest priority;
// threads and processes it starts are not). Needs CAP_SYS_NICE: false without.
bool GoBeforeOthers() noexcept;

// The calling thread goes before others for as long as this lives, as far as privileges allow, and
// keeps the short slice afterwards. For milliseconds.
class ScopedUrgency {
 public:
  ScopedUrgency() noexcept;
  ~ScopedUrgency() { RequestPromptness(false); }
  ScopedUrgency(const ScopedUrgency&) = delete;
  ScopedUrgency& operator=(const ScopedUrgency&) = delete;
};

// Puts the calling thread on one CPU, and in the end back on those it had. Needs no privilege; a
// CPU that is not among those (taskset(1)), or outside of our cpuset, is refused.
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

// More threads want a CPU just now than there are, the calling one counted. Reads one small file.
bool CpusAreShort();
// "0.71 0.48 0.42 3/84 11206" (/proc/loadavg, proc(5)): how many threads run or are ready to.
std::optional<int> ParseReadyThreads(std::string_view loadavg);

// Three files are kept open for each watched thread: raises the soft limit to the hard one.
void RaiseOpenFileLimit() noexcept;

// Largest resident set of this process so far, bytes (getrusage(2)).
unsigned long long PeakResidentBytes() noexcept;
// Of it now; 0: not told.
unsigned long long ResidentBytes() noexcept;

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_SCHEDULING_H_
