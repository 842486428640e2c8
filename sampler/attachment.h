// One process and the CPython in it, with all that reading it needs: memory, files, layout, thread
// states, code cache, native code. Made before anything is stopped; an exec of the target ends it
// and a new one is made.
#ifndef SPYHOP_SAMPLER_ATTACHMENT_H_
#define SPYHOP_SAMPLER_ATTACHMENT_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "base/remote_memory.h"
#include "sampler/code_places.h"
#include "sampler/process_unwinder.h"
#include "sampler/profile/profile.h"
#include "sampler/python/code_cache.h"
#include "sampler/python/interpreter.h"
#include "sampler/python/thread_match.h"
#include "sampler/python/thread_states.h"
#include "sampler/stack_reader.h"
#include "sampler/target/target_files.h"

namespace spyhop {

class Attachment {
 public:
  // Errors as Sampler::Create. A Python that is just starting is waited for, 0.4 s at most.
  static absl::StatusOr<std::unique_ptr<Attachment>> Create(int pid);

  // Of what a core file tells. Errors as above.
  static absl::StatusOr<std::unique_ptr<Attachment>> CreateOfCore(
      std::unique_ptr<const TargetFiles> files, std::unique_ptr<RemoteMemory> memory);

  int pid() const { return files_->pid(); }
  const TargetInfo& info() const { return info_; }
  // See ProcessStat. Tells another process under the same pid.
  uint64_t start_time() const { return start_time_; }
  const Interpreter& interpreter() const { return interpreter_; }
  const TargetFiles& files() const { return *files_; }
  RemoteMemory& memory() { return *memory_; }
  ThreadStates& states() { return states_; }
  CodeCache& codes() { return codes_; }
  CodePlaces& places() { return places_; }
  ProcessUnwinder& unwinder() { return unwinder_; }
  WatchedThreads threads() const { return threads_; }

  // Looks at the thread states (only at those of `awake` as long as nothing has happened, see
  // ThreadStates::LookAt; all: no value); when they have changed, or a thread could not be matched
  // to a kernel thread yet, threads() is brought up to date. Threads that stay keep their
  // WatchedThread.
  ThreadStates::LookResult Look(Nanos now, std::optional<WatchedThreads> awake = std::nullopt);

  // A thread of threads() has ended although its state is still there: another thread may have got
  // both its state's address and its pthread's. The next look matches them anew.
  void MatchAnew();

  // The name that the program gave the thread, else the kernel's.
  std::string NameOf(const WatchedThread& thread) const;
  // Reads the names anew: they may change, and a thread gets its name after it has started.
  void RefreshNames();
  // Some thread had no name of Python's when they were read last.
  bool HasNamelessThreads() const;
  // After a look that has changed threads(): a program that starts threads all the time must not
  // have all their names read at each.
  void RefreshNamesIfDue(Nanos now);

 private:
  Attachment(std::unique_ptr<const TargetFiles> files, std::unique_ptr<RemoteMemory> memory,
             Interpreter interpreter);

  ThreadStates::LookResult LookAt(std::optional<WatchedThreads> awake);
  void WatchThreads();
  void NoteMainThread(const ThreadStates::ThreadEntry& entry);

  const std::unique_ptr<const TargetFiles> files_;
  const uint64_t start_time_;
  const std::unique_ptr<RemoteMemory> memory_;
  const Interpreter interpreter_;
  TargetInfo info_;
  ThreadStates states_;
  ThreadMatcher matcher_;
  CodeCache codes_;
  CodePlaces places_;
  ProcessUnwinder unwinder_;
  std::vector<std::unique_ptr<WatchedThread>> owned_;
  std::vector<WatchedThread*> threads_;  // owned_'s
  std::vector<const ThreadStates::ThreadEntry*> awake_;
  uint64_t last_serial_ = 0;
  uint64_t main_pthread_ = 0;  // the main thread's, in the main interpreter
  bool replaced_ = false;      // by exec: another program with its states at the same addresses
  bool unmatched_ = false;     // some thread state has no kernel thread
  Nanos next_match_ = 0;       // when to try again
  Nanos match_pause_ = 0;
  bool new_threads_ = false;  // since the names were read
  Nanos next_names_ = 0;
  absl::flat_hash_map<uint64_t, std::string> names_;  // by pthread id
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_ATTACHMENT_H_
