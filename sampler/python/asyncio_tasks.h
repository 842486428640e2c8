// Finds the tasks of asyncio in an interpreter, as asyncio.all_tasks() would for every loop: those
// that are not done.
//
// From 3.14 on C tasks hang on lists of their threads and of the interpreter (_AsyncioDebug);
// before, and for tasks written in Python, they are in the weak sets of asyncio.tasks. What each
// task is made of is read in two batches; tasks that are not of C are read attribute by attribute.
// The target runs: lists and sets may be torn, so what is found is checked, and callers verify.
// Every list is bounded. Allocates: not while the target is stopped.
#ifndef SPYHOP_SAMPLER_PYTHON_ASYNCIO_TASKS_H_
#define SPYHOP_SAMPLER_PYTHON_ASYNCIO_TASKS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/types/span.h"
#include "base/remote_memory.h"
#include "interp_layouts/asyncio_layouts.h"
#include "interp_layouts/layout.h"
#include "sampler/python/object_reader.h"
#include "sampler/python/prefetched_memory.h"

namespace spyhop {

// Tasks that are read; how many more there are is counted up to kMaxTasksSeen.
inline constexpr size_t kMaxTasks = 2000;
inline constexpr size_t kMaxTasksSeen = 50'000;

struct RawTask {
  RemoteAddress address;
  RemoteAddress loop;
  RemoteAddress coroutine;
  RemoteAddress waits_for;  // a future or task; null: for nothing
  RemoteAddress name;       // a str or an int; null: it has none

  friend bool operator==(const RawTask&, const RawTask&) = default;
};

struct RawTasks {
  std::vector<RawTask> tasks;
  uint64_t left_out = 0;  // more than kMaxTasks; some of them may be done
  bool misfit = false;    // this build's TaskObj is not what the layout says: not read
};

class AsyncioTasks {
 public:
  // All must outlive this.
  AsyncioTasks(RemoteMemory& memory, const Layout& layout, const AsyncioLayout& asyncio);

  // Was asyncio imported there?
  bool IsLoaded(RemoteAddress interpreter);
  // Of the interpreter; `threads` are its thread states.
  RawTasks Read(RemoteAddress interpreter, absl::Span<const RemoteAddress> threads);
  // One that is not done; nothing when there is no such task at `address`.
  std::optional<RawTask> Find(RemoteAddress address);
  // The tasks of the interpreter whose code is executed now: of the one loop of `thread_state`
  // where that says so (3.14+), else of every loop. Some five reads.
  std::vector<RemoteAddress> Running(RemoteAddress interpreter, RemoteAddress thread_state);
  // The loop's running thread, as PyThreadState.thread_id has it; nothing: the loop does not say.
  std::optional<uint64_t> ThreadOf(RemoteAddress loop);
  // The loop that runs in a thread, where its state says so (3.14+).
  std::optional<RemoteAddress> LoopIn(RemoteAddress thread_state);
  // Of these, in one call, for NameOf.
  void ReadNames(absl::Span<const RawTask> tasks);
  // "worker", "Task-7"; empty: it has none. As it was when Read or ReadNames was called last.
  std::string NameOf(const RawTask& task);
  // The items of a list or set of objects, at most `limit`.
  std::vector<RemoteAddress> Items(RemoteAddress container, size_t limit);

 private:
  std::optional<RemoteAddress> ModuleDict(RemoteAddress interpreter);
  std::optional<RemoteAddress> CurrentTasks(RemoteAddress interpreter);
  void SeeList(RemoteAddress head);
  void SeeAllIn(RemoteAddress container, bool weak);
  void See(RemoteAddress task);
  std::vector<RemoteAddress> SetItems(RemoteAddress set, size_t limit);
  void Referents(std::vector<RemoteAddress>& references);
  void ReadSeen(RawTasks& found);
  std::optional<RawTask> FromC(RemoteAddress address, const uint8_t* copy);
  std::optional<RawTask> FromPython(RemoteAddress address);
  enum class Kind : uint8_t { kOfC, kOfPython, kMisfit };
  Kind KindOf(RemoteAddress task, RemoteAddress type);

  RemoteMemory& memory_;
  const Layout& layout_;
  const AsyncioLayout& asyncio_;
  ObjectReader objects_;
  PrefetchedMemory ahead_;  // the names of those read last
  ObjectReader names_;
  std::vector<RemoteAddress> seen_;
  absl::flat_hash_set<RemoteAddress> seen_once_;
  std::vector<uint8_t> copy_;                       // of Find
  absl::flat_hash_map<RemoteAddress, Kind> kinds_;  // by type
  // By interpreter: _current_tasks of asyncio.tasks, which lives as long as the interpreter.
  absl::flat_hash_map<RemoteAddress, RemoteAddress> current_tasks_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_ASYNCIO_TASKS_H_
