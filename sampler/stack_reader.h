// Reads the stacks of all threads of one target, once a round, doing the least harm that gives the
// truth. How each thread is read:
//
//   blocked, not run since its stack was read   nothing: one pread of schedstat
//   blocked, has run since                      read, then "has it run?" asked again; not stopped
//   holds the GIL and runs                      stopped, copied, let go: the only stop of a round
//   runs without the GIL                        copied in that same stop: without the GIL its
//                                               Python stack cannot change, and the GIL is held by
//                                               the stopped thread. Not stopped itself.
//   runs, nobody holds the GIL; --pause=never   read twice in one call, kept when equal; with
//                                               --pause=never from its own CPU if it moves too fast
//
// Interpreters with a GIL of their own (3.12+) get a stop each; without a GIL every running thread
// gets one. Runs in the tracer thread.
#ifndef SPYHOP_SAMPLER_STACK_READER_H_
#define SPYHOP_SAMPLER_STACK_READER_H_

#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "base/remote_memory.h"
#include "sampler/profile/histogram.h"
#include "sampler/python/thread_states.h"
#include "sampler/sampler.h"
#include "sampler/target/scheduling.h"
#include "sampler/target/thread_stop.h"
#include "sampler/watched_thread.h"

namespace spyhop {

using WatchedThreads = std::vector<std::unique_ptr<WatchedThread>>;

class StackReader {
 public:
  // Both must outlive this.
  StackReader(RemoteMemory& memory, const Layout& layout) : memory_(memory), layout_(layout) {}

  struct Options {
    PauseMode pause = PauseMode::kAuto;
    bool gil_only = false;
    // Whether a thread that moves too fast to be read twice may be read from its own CPU, where it
    // does not run meanwhile; at high rates that would take its CPU away.
    bool share_cpu = true;
  };

  // `states` have just been looked at and `threads` are theirs. Fills the round's part of each
  // thread; stopped times go to `stops`.
  void ReadRound(const ThreadStates& states, const WatchedThreads& threads, const Options& options,
                 ThreadStopControl& control, DurationHistogram& stops);

 private:
  using ThreadList = std::vector<WatchedThread*>;

  void SortOut(const ThreadStates& states, const WatchedThreads& threads, const Options& options);
  void SortOutOne(WatchedThread& thread, const Options& options);
  void RefreshSched(WatchedThread& thread);
  void ReadBlocked(const ThreadStates& states);
  void ReadOn(const ThreadStates& states, WatchedThread& thread);
  void StopAndRead(const ThreadStates& states, WatchedThread& holder, const Options& options,
                   ThreadStopControl& control, DurationHistogram& stops);
  void AppendCollecting(RemoteAddress interpreter);
  void ReadWhileStopped(WatchedThread& holder, GilReader& gil, bool& others_frozen) noexcept;
  void ReadTwice(const ThreadStates& states, WatchedThread& thread, const Options& options);
  bool ReadOnItsCpu(WatchedThread& thread);
  int CountAgreement(WatchedThread& thread, int agreed);
  void SpinAtRandom();
  bool TryReadTwice(WatchedThread& thread, GilReader& gil, bool must_lack_gil);

  RemoteMemory& memory_;
  const Layout& layout_;
  MonotonicClock clock_;
  std::minstd_rand random_{std::random_device{}()};
  // Of one round; kept for their capacity.
  ThreadList blocked_;  // to be read without a stop
  ThreadList holders_;  // to be stopped
  ThreadList running_;  // without the GIL
  ThreadList frozen_;   // of running_, those that a holder's stop freezes
  std::vector<ReadRequest> batch_;
  std::vector<ReadRequest> again_;
  std::vector<uint8_t> tstate_copy_;
  int32_t collecting_ = 0;
  std::optional<GilReader> gil_after_;
  CpuSharing cpu_sharing_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_STACK_READER_H_
