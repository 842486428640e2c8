// Reads the stacks of all threads of one target, once a round, doing the least harm that gives the
// truth. How each thread is read:
//
//   blocked, not run since its stack was read   nothing: one pread of schedstat
//   blocked, has run since                      read, then "has it run?" asked again; not stopped
//   holds the GIL and runs                      stopped, copied, let go: the only stop of a round
//   the same, where CPUs are short              read from its own CPU: see ReadCrowded
//   runs without the GIL                        copied in that same stop: without the GIL its
//                                               Python stack cannot change, and the GIL is held by
//                                               the stopped thread. Not stopped itself.
//   runs, nobody holds the GIL; --pause=never   as it runs: see running_reader.h
//
// With native stacks, a thread that runs without the GIL gets a stop of its own; where CPUs are
// short, neither it nor who holds the GIL is stopped more than ten times a second.
//
// Interpreters with a GIL of their own (3.12+) get a stop each; without a GIL every running thread
// gets one. Runs in the tracer thread.
#ifndef SPYHOP_SAMPLER_STACK_READER_H_
#define SPYHOP_SAMPLER_STACK_READER_H_

#include <memory>
#include <vector>

#include "base/remote_memory.h"
#include "sampler/profile/histogram.h"
#include "sampler/python/thread_states.h"
#include "sampler/running_reader.h"
#include "sampler/sampler.h"
#include "sampler/target/thread_stop.h"
#include "sampler/watched_thread.h"

namespace spyhop {

class StackReader {
 public:
  // Both must outlive this.
  StackReader(RemoteMemory& memory, const Layout& layout) : memory_(memory), layout_(layout) {}

  struct Options {
    PauseMode pause = PauseMode::kAuto;
    bool gil_only = false;
    // Whether a thread that moves too fast to be read twice, or would lose its CPU by a stop, may
    // be read from its own CPU, where it does not run meanwhile; at high rates that would take its
    // CPU away.
    bool share_cpu = true;
    // Native stacks are copied, too: those of blocked threads without a stop; what runs is stopped,
    // without the GIL only if it has run for a while.
    bool native = false;
  };

  // `states` have just been looked at and `threads` are some of theirs. Fills the round's part of
  // each thread; stopped times go to `stops`.
  void ReadRound(const ThreadStates& states, WatchedThreads threads, const Options& options,
                 ThreadStopControl& control, DurationHistogram& stops);

  // For how long the last round waited for threads to reach their stop: until then they, and those
  // that wait for their GIL, went on as they were.
  Nanos waited() const { return waited_; }

 private:
  using ThreadList = std::vector<WatchedThread*>;

  void SortOut(const ThreadStates& states, WatchedThreads threads, const Options& options);
  void SortOutOne(WatchedThread& thread, const Options& options);
  static void NoteCall(WatchedThread& thread, const SyscallState& call);
  void RefreshSched(WatchedThread& thread);
  void ReadBlocked(const ThreadStates& states);
  void MakeRoom(WatchedThread& thread) const;
  void ReadOn(const ThreadStates& states, WatchedThread& thread);
  void StopIfItRuns(const ThreadStates& states, WatchedThread& holder, ThreadStopControl& control,
                    DurationHistogram& stops);
  void StopAndRead(const ThreadStates& states, WatchedThread& holder, ThreadStopControl& control,
                   DurationHistogram& stops);
  bool ReadCrowded(const ThreadStates& states, WatchedThread& holder);
  void CountStop(WatchedThread& holder, Nanos stop, DurationHistogram& stops);
  // Would a stop cost the thread its place in a queue for its CPU?
  bool IsSpared(const WatchedThread& thread) const;
  void NoteCrowd(WatchedThread& holder) const;
  void StopThoseWithoutGil(const ThreadStates& states, ThreadStopControl& control,
                           DurationHistogram& stops);
  void StopOneNotSeen(const ThreadStates& states, ThreadStopControl& control,
                      DurationHistogram& stops);
  void AppendCollecting(RemoteAddress interpreter);
  void ReadWhileStopped(WatchedThread& holder, GilReader& gil, const StoppedAt& where,
                        bool& others_frozen) noexcept;
  void ReadRunning(const ThreadStates& states, WatchedThread& thread, const Options& options);

  RemoteMemory& memory_;
  const Layout& layout_;
  MonotonicClock clock_;
  RunningReader running_reader_{memory_, layout_};
  bool native_ = false;  // Options::native of this round
  Nanos waited_ = 0;
  Nanos looked_ = 0;      // when the last round began
  Nanos next_crowd_ = 0;  // no thread is taken for crowded sooner
  // Of one round; kept for their capacity.
  ThreadList blocked_;  // to be read without a stop
  ThreadList holders_;  // to be stopped
  ThreadList running_;  // without the GIL
  ThreadList frozen_;   // of running_, those that a holder's stop freezes
  std::vector<ReadRequest> batch_;
  std::vector<ReadRequest> again_;
  int32_t collecting_ = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_STACK_READER_H_
