// The target's threads that run no Python: pools of numerical libraries, runtimes, helpers of C
// extensions. Their time by the scheduler's word, in rows of their own by the kernel's name.
//
// They are not stopped and have no stack here: a look at one costs 1 to 3 us. All are looked at
// every 0.1 s, and sought every second, so one that lives for less than two is missed. Bounded: the
// first 256 have rows.
#ifndef SPYHOP_SAMPLER_NATIVE_THREADS_H_
#define SPYHOP_SAMPLER_NATIVE_THREADS_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "base/remote_memory.h"
#include "sampler/kernel_split.h"
#include "sampler/profile/profile.h"
#include "sampler/target/target_files.h"
#include "sampler/wait_reason.h"
#include "sampler/watched_thread.h"

namespace spyhop {

class NativeThreads {
 public:
  // All must outlive this.
  NativeThreads(const TargetFiles& files, RemoteMemory& memory, Profile& profile, uint32_t target);

  // Does what is due; cheap when nothing is. `python`: the threads that have rows already.
  void Look(Nanos now, WatchedThreads python);
  // The books are closed, and those of the same threads opened again.
  void Rest(Nanos now);
  void Begin(Nanos now);

 private:
  struct NativeThread {
    explicit NativeThread(ThreadProbe its_probe) : probe(std::move(its_probe)) {}
    ThreadProbe probe;
    SchedStat sched;
    Nanos last_look = 0;
    KernelSplit split;
    ThreadIndex index{};
    StackId stack = kNoStack;
    bool seen = true;
  };

  void Seek(Nanos now, WatchedThreads python);
  void Add(int tid, Nanos now);
  void Drop(int tid);
  // False when the thread has ended.
  bool LookAt(NativeThread& thread, Nanos now);

  const TargetFiles& files_;
  Profile& profile_;
  const uint32_t target_;
  WaitReasons waits_;
  absl::flat_hash_map<int, std::unique_ptr<NativeThread>> threads_;  // by tid
  // Without Python at the last search. A thread that has just started may be about to get it, so
  // only one that is still without it at the next has a row.
  absl::flat_hash_set<int> candidates_;
  bool sought_ = false;
  Nanos next_seek_ = 0;
  Nanos next_look_ = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_NATIVE_THREADS_H_
