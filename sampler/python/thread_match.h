// Which kernel thread a PyThreadState belongs to.
//
// From 3.11 on the thread state says so (native_thread_id), as the target's own pid namespace sees
// it; before, only the pthread_t is known, and the tid is read out of glibc's (or musl's) struct
// pthread at an offset that is learned once from the threads themselves. Every answer is checked
// against the threads the process has. Target runs; one batch of reads when threads change, and
// where two thread states claim one thread, up to 64 KiB of each blocked thread's stack.
#ifndef SPYHOP_SAMPLER_PYTHON_THREAD_MATCH_H_
#define SPYHOP_SAMPLER_PYTHON_THREAD_MATCH_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/remote_memory.h"
#include "sampler/python/thread_states.h"
#include "sampler/target/target_files.h"

namespace spyhop {

class ThreadMatcher {
 public:
  ThreadMatcher(const TargetFiles& files, RemoteMemory& memory) : files_(files), memory_(memory) {}

  // For each thread state its tid as Spyhop sees it, 0 where none fits (a thread state whose thread
  // has ended, or one that a fork left behind).
  std::vector<int> Match(const std::vector<ThreadStates::ThreadEntry>& threads);

 private:
  void RefreshThreads();
  void CorrectOwners(const std::vector<ThreadStates::ThreadEntry>& threads, std::vector<int>& tids);
  int OwnerByStackRange(const std::vector<ThreadStates::ThreadEntry>& threads, RemoteAddress place);
  int OwnerByStackContent(RemoteAddress frame, int claimed);
  std::ptrdiff_t CountOnStack(int tid, RemoteAddress frame);
  std::vector<int> FromPthreads(const std::vector<ThreadStates::ThreadEntry>& threads);
  // Those in the structs at tid_offset_.
  void ReadIds(const std::vector<ThreadStates::ThreadEntry>& threads, std::vector<int>& tids);
  int SeenFromHere(int inside) const;
  std::optional<uint32_t> LearnOffset(const std::vector<ThreadStates::ThreadEntry>& threads);

  const TargetFiles& files_;
  RemoteMemory& memory_;
  // The tid inside the target's namespace -> as Spyhop sees it.
  absl::flat_hash_map<int, int> tids_;
  std::optional<bool> in_namespace_;    // of its own: tids differ
  std::optional<uint32_t> tid_offset_;  // in struct pthread
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_THREAD_MATCH_H_
