// One process and the CPython in it, with all that reading it needs: memory, files, layout, thread
// states, code cache. Made before anything is stopped; an exec of the target ends it and a new one
// is made.
#ifndef SPYHOP_SAMPLER_ATTACHMENT_H_
#define SPYHOP_SAMPLER_ATTACHMENT_H_

#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "base/remote_memory.h"
#include "sampler/profile/profile.h"
#include "sampler/python/code_cache.h"
#include "sampler/python/interpreter.h"
#include "sampler/python/thread_match.h"
#include "sampler/python/thread_states.h"
#include "sampler/stack_reader.h"
#include "sampler/target/process_files.h"

namespace spyhop {

class Attachment {
 public:
  // Errors as Sampler::Create. A Python that is just starting is waited for, 0.4 s at most.
  static absl::StatusOr<std::unique_ptr<Attachment>> Create(int pid);

  int pid() const { return files_.pid(); }
  const TargetInfo& info() const { return info_; }
  const Interpreter& interpreter() const { return interpreter_; }
  const ProcessFiles& files() const { return files_; }
  RemoteMemory& memory() { return *memory_; }
  ThreadStates& states() { return states_; }
  CodeCache& codes() { return codes_; }
  const WatchedThreads& threads() const { return threads_; }

  // Looks at the thread states; when they have changed, or a thread could not be matched to a
  // kernel thread yet, threads() is brought up to date. Threads that stay keep their WatchedThread.
  ThreadStates::LookResult Look(Nanos now);

  // The name that the program gave the thread, else the kernel's.
  std::string NameOf(const WatchedThread& thread) const;
  // Reads the names anew: they may change, and a thread gets its name after it has started.
  void RefreshNames();

 private:
  Attachment(int pid, std::unique_ptr<RemoteMemory> memory, Interpreter interpreter);

  void WatchThreads();
  void RefreshNamesUnlessDone(Nanos now);

  const ProcessFiles files_;
  const std::unique_ptr<RemoteMemory> memory_;
  const Interpreter interpreter_;
  TargetInfo info_;
  ThreadStates states_;
  ThreadMatcher matcher_;
  CodeCache codes_;
  WatchedThreads threads_;
  uint64_t last_serial_ = 0;
  bool replaced_ = false;   // by exec: another program with its states at the same addresses
  bool unmatched_ = false;  // some thread state has no kernel thread
  Nanos next_match_ = 0;    // when to try again
  Nanos match_pause_ = 0;
  Nanos next_names_ = 0;
  absl::flat_hash_map<uint64_t, std::string> names_;  // by pthread id
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_ATTACHMENT_H_
