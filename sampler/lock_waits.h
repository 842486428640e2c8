// What a blocked thread waits for, and whose turn it is: the lock object, and its owner where
// something in the target says who that is.
//
//   RLock               the object has its owner's thread id (2.7: in Python, threading._RLock)
//   a module's import   _ModuleLock.owner (Lib/importlib/_bootstrap.py, 3.3+)
//   the import lock     import_lock_thread of Python/import.c, to 3.11, where symbols are left
//   Thread.join         the thread that is joined (thread_ends.h; 2.7: `self` of join's frame)
//   Condition and all that is built on it: nobody has to let go, somebody has to notify
//   Lock                no Python writes down who has taken it
//
// Everything is proven by the very object that the thread sleeps on. For a thread that stays
// blocked: callers check that it has not run meanwhile. Some 50 reads a thread; the target runs.
#ifndef SPYHOP_SAMPLER_LOCK_WAITS_H_
#define SPYHOP_SAMPLER_LOCK_WAITS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/remote_memory.h"
#include "sampler/lock_kind.h"
#include "sampler/python/code_cache.h"
#include "sampler/python/frame_slots.h"
#include "sampler/python/interpreter.h"
#include "sampler/python/object_reader.h"
#include "sampler/python/thread_ends.h"
#include "sampler/watched_thread.h"

namespace spyhop {

struct LockWait {
  enum class Holder : uint8_t {
    kNobody,    // somebody has to notify
    kOwner,     // `owner` has taken it
    kEnd,       // `owner` has to end
    kUnwritten  // somebody has taken it, and the object does not say who
  };
  std::string kind;      // "threading.RLock", "import lock", "thread join", "threading.Condition"
  std::string name;      // of the module
  RemoteAddress object;  // the Python object; null: there is none, or it was not found
  Holder holder = Holder::kUnwritten;
  std::optional<uint64_t> owner;  // PyThreadState.thread_id
  bool timeout = false;           // it gives up some time
};

class LockWaits {
 public:
  // All must outlive this.
  LockWaits(RemoteMemory& memory, const Interpreter& interpreter, CodeCache& codes);

  // Of a thread that is blocked, but not for the GIL. nullopt: it waits for no lock of Python's, or
  // that could not be proven. `interpreter`: that of its state. `waiter`: what its frames say that
  // it waits for, as Waiter::name.
  std::optional<LockWait> Of(const WatchedThread& thread, RemoteAddress interpreter,
                             std::string_view waiter);

 private:
  struct Place {
    const RawFrame* frame;
    std::string file;
    std::string function;  // the last part of its name
  };

  std::vector<Place> LeafPlaces(const WatchedThread& thread);
  std::optional<LockWait> OfJoin(RemoteAddress interpreter, const SyscallState& call,
                                 const std::optional<FoundLock>& lock,
                                 const std::vector<Place>& places);
  std::optional<LockWait> OfJoinByFrames(const std::vector<Place>& places);
  std::optional<LockWait> OfImportLock(const SyscallState& call);
  std::optional<LockWait> OfModuleLock(const FoundLock& lock, const std::vector<Place>& places);
  std::optional<LockWait> OfPythonRLock(const FoundLock& lock, const std::vector<Place>& places);
  std::optional<LockWait> OfLockObject(const FoundLock& lock, std::string_view waiter,
                                       const std::vector<Place>& places);
  std::optional<uint64_t> OwnerAttribute(RemoteAddress object, std::string_view name);
  const ThreadEnds& EndsOf(RemoteAddress interpreter);

  RemoteMemory& memory_;
  const Interpreter& interpreter_;
  const Layout& layout_;
  CodeCache& codes_;
  ObjectReader objects_;
  FrameSlots slots_;
  absl::flat_hash_map<RemoteAddress, ThreadEnds> ends_;  // by interpreter
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_LOCK_WAITS_H_
