// Reads the Python stack of a thread that runs on meanwhile, and keeps it only if it was real.
//
// Two copies in one system call that agree are one stack, as a rule. Where chance can make them
// agree (a thread that was seen to move), three such pairs in a row have to; or the thread is read
// from its own CPU, where it cannot run meanwhile. Costs two reads, some microseconds, and up to
// eight tries. Makes no stop. Runs in the tracer thread.
#ifndef SPYHOP_SAMPLER_RUNNING_READER_H_
#define SPYHOP_SAMPLER_RUNNING_READER_H_

#include <optional>
#include <random>
#include <vector>

#include "base/clock.h"
#include "base/remote_memory.h"
#include "sampler/python/thread_states.h"
#include "sampler/target/scheduling.h"
#include "sampler/watched_thread.h"

namespace spyhop {

class RunningReader {
 public:
  // Both must outlive this.
  RunningReader(RemoteMemory& memory, const Layout& layout) : memory_(memory), layout_(layout) {}

  struct Options {
    // The stack counts only if the thread did not hold the GIL, before and after.
    bool must_lack_gil = false;
    // A thread that moves too fast may be read from its own CPU.
    bool share_cpu = false;
  };

  // Keeps the stack in `thread`, or notes there that it is lost.
  void Read(const ThreadStates& states, WatchedThread& thread, const Options& options);
  // Reads `stack` from the CPU that the thread runs on or queues for, which it does not get
  // meanwhile: some 40 us. False when that CPU is not to be had, or not soon.
  bool ReadFromItsCpu(WatchedThread& thread);

 private:
  bool ReadTwice(WatchedThread& thread, GilReader& gil, bool must_lack_gil);
  bool ReadOnItsCpu(WatchedThread& thread);
  bool CopyThreadState(const WatchedThread& thread);
  static int CountAgreement(WatchedThread& thread, int agreed);
  void SpinAtRandom();

  RemoteMemory& memory_;
  const Layout& layout_;
  MonotonicClock clock_;
  std::minstd_rand random_{std::random_device{}()};
  CpuSharing cpu_sharing_;
  Nanos next_move_ = 0;  // no sooner
  std::optional<GilReader> gil_after_;
  // Kept for their capacity.
  std::vector<ReadRequest> batch_;
  std::vector<uint8_t> tstate_copy_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_RUNNING_READER_H_
