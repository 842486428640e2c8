#include "sampler/lock_waits.h"

#include <algorithm>

#include "sampler/target/blocking_calls.h"
#include "sampler/target/syscall_names.h"
#include "sampler/wait_rules.h"

namespace spyhop {
namespace {

// Of threading's and importlib's own, above the program's line.
constexpr size_t kLeafFrames = 4;
constexpr std::string_view kCondition = "threading.Condition";

std::string LastPart(const std::string& function) {
  return function.substr(function.rfind('.') + 1);
}

bool IsThreading(const std::string& file) { return IsFile(file, "threading.py"); }

// Frozen to 3.10 under the one name, later under the other; or imported from its source.
bool IsImportlib(const std::string& file) {
  return file == "<frozen importlib._bootstrap>" || IsFile(file, "importlib/_bootstrap.py");
}

LockWait Owned(std::string_view kind, RemoteAddress object, uint64_t owner) {
  LockWait wait;
  wait.kind = kind;
  wait.object = object;
  wait.holder = LockWait::Holder::kOwner;
  wait.owner = owner;
  return wait;
}

LockWait Joining(RemoteAddress object, uint64_t joined) {
  LockWait wait = Owned("thread join", object, joined);
  wait.holder = LockWait::Holder::kEnd;
  return wait;
}

}  // namespace

LockWaits::LockWaits(RemoteMemory& memory, const Interpreter& interpreter, CodeCache& codes)
    : memory_(memory),
      interpreter_(interpreter),
      layout_(interpreter.layout),
      codes_(codes),
      objects_(memory_, layout_),
      slots_(memory_, layout_) {}

std::optional<LockWait> LockWaits::Of(const WatchedThread& thread, RemoteAddress interpreter,
                                      std::string_view waiter) {
  const SyscallState call = UndoRestart(thread.call);
  if (FindBlockingCall(call.number).object != CallObject::kFutex) return std::nullopt;
  const std::vector<Place> places = LeafPlaces(thread);
  const std::vector<RemoteAddress> values =
      places.empty() ? std::vector<RemoteAddress>() : slots_.Anything(*places[0].frame);
  const std::optional<FoundLock> lock = FindLock(memory_, call, values);
  std::optional<LockWait> wait = OfJoin(interpreter, call, lock, places);
  if (!wait && !lock) wait = OfImportLock(call);
  if (!wait && lock) wait = OfModuleLock(*lock, places);
  if (!wait && lock) wait = OfPythonRLock(*lock, places);
  if (!wait && lock && IsTaken(memory_, *lock, call)) wait = OfLockObject(*lock, waiter, places);
  if (wait) wait->timeout = HasTimeout(call);
  return wait;
}

std::vector<LockWaits::Place> LockWaits::LeafPlaces(const WatchedThread& thread) {
  std::vector<Place> places;
  for (const RawFrame& frame : thread.stack.frames()) {
    const CodeInfo* code = codes_.Find(frame.code, 0);
    if (code == nullptr || places.size() == kLeafFrames) break;
    places.push_back({&frame, code->file, LastPart(code->function)});
  }
  return places;
}

std::optional<LockWait> LockWaits::OfJoin(RemoteAddress interpreter, const SyscallState& call,
                                          const std::optional<FoundLock>& lock,
                                          const std::vector<Place>& places) {
  const ThreadEnds& ends = EndsOf(interpreter);
  std::optional<uint64_t> joined;
  RemoteAddress object;
  if (lock) {
    joined = ends.WhoseLock(lock->object);
    object = lock->object;
  } else if (const auto parked = ParkedAt(memory_, call)) {
    joined = ends.WhoseHandle(*parked);
    object = *parked;
  }
  if (joined) return Joining(object, *joined);
  return lock ? OfJoinByFrames(places) : std::nullopt;
}

// 2.7: join waits for a Condition of the Thread's own (Lib/threading.py).
std::optional<LockWait> LockWaits::OfJoinByFrames(const std::vector<Place>& places) {
  if (places.size() < 2 || places[0].function != "wait" || places[1].function != "join" ||
      !IsThreading(places[0].file) || !IsThreading(places[1].file)) {
    return std::nullopt;
  }
  const std::optional<RemoteAddress> self = slots_.FirstLocal(*places[1].frame);
  const auto joined = self ? OwnerAttribute(*self, "_Thread__ident") : std::nullopt;
  return joined ? std::optional(Joining(*self, *joined)) : std::nullopt;
}

// Python/import.c, to 3.11: import_lock points to a semaphore, import_lock_thread is -1 when nobody
// has it.
std::optional<LockWait> LockWaits::OfImportLock(const SyscallState& call) {
  if (!interpreter_.import_lock_pointer || !interpreter_.import_lock_thread) return std::nullopt;
  const auto lock = memory_.ReadPointer(interpreter_.import_lock_pointer);
  if (!lock || !*lock || lock->value() != call.arguments[0]) return std::nullopt;
  const auto owner = memory_.Read<uint64_t>(interpreter_.import_lock_thread);
  if (!owner || *owner == ~uint64_t{0}) return std::nullopt;
  return Owned("import lock", RemoteAddress(), *owner);
}

// A thread in _ModuleLock.acquire sleeps on the lock's `wakeup`, for an instant on its `lock`.
std::optional<LockWait> LockWaits::OfModuleLock(const FoundLock& lock,
                                                const std::vector<Place>& places) {
  if (places.empty() || places[0].function != "acquire" || !IsImportlib(places[0].file)) {
    return std::nullopt;
  }
  const std::optional<RemoteAddress> self = slots_.FirstLocal(*places[0].frame);
  if (!self || objects_.TypeName(*self) != "_ModuleLock") return std::nullopt;
  if (objects_.Attribute(*self, "wakeup") != lock.object) return std::nullopt;
  const std::optional<uint64_t> owner = OwnerAttribute(*self, "owner");
  if (!owner) return std::nullopt;
  LockWait wait = Owned("import lock", *self, *owner);
  if (const auto name = objects_.Attribute(*self, "name")) {
    wait.name = objects_.String(*name).value_or("");
  }
  return wait;
}

// threading._RLock of 2.7, which is what threading.RLock() makes there; _PyRLock later.
std::optional<LockWait> LockWaits::OfPythonRLock(const FoundLock& lock,
                                                 const std::vector<Place>& places) {
  if (places.empty() || places[0].function != "acquire" || !IsThreading(places[0].file)) {
    return std::nullopt;
  }
  const std::optional<RemoteAddress> self = slots_.FirstLocal(*places[0].frame);
  if (!self || objects_.TypeName(*self) != "_RLock") return std::nullopt;
  const bool mangled = layout_.features.string_model == StringModel::kPython2;
  if (objects_.Attribute(*self, mangled ? "_RLock__block" : "_block") != lock.object) {
    return std::nullopt;
  }
  const auto owner = OwnerAttribute(*self, mangled ? "_RLock__owner" : "_owner");
  return owner ? std::optional(Owned(kRecursiveLock, *self, *owner)) : std::nullopt;
}

std::optional<LockWait> LockWaits::OfLockObject(const FoundLock& lock, std::string_view waiter,
                                                const std::vector<Place>& places) {
  if (lock.kind == kRecursiveLock) {
    const std::optional<uint64_t> owner = OwnerOf(memory_, lock);
    return owner ? std::optional(Owned(lock.kind, lock.object, *owner)) : std::nullopt;
  }
  LockWait wait;
  wait.kind = lock.kind;
  wait.object = lock.object;
  const bool in_wait =
      !places.empty() && places[0].function == "wait" && IsThreading(places[0].file);
  if (lock.kind == kPlainLock && in_wait) {
    // The lock that Condition.wait has made and taken for this wait alone. When the condition's own
    // lock is taken again it is an RLock, or a frame of _acquire_restore's lies above.
    const bool condition = waiter.empty() || waiter == kCondition;
    wait.kind = condition ? kCondition : waiter;
    wait.object =
        condition ? slots_.FirstLocal(*places[0].frame).value_or(RemoteAddress()) : RemoteAddress();
    wait.holder = LockWait::Holder::kNobody;
  } else if (lock.kind == "queue.get") {
    wait.holder = LockWait::Holder::kNobody;
  }
  return wait;
}

std::optional<uint64_t> LockWaits::OwnerAttribute(RemoteAddress object, std::string_view name) {
  const std::optional<RemoteAddress> value = objects_.Attribute(object, name);
  const std::optional<int64_t> id = value ? objects_.Integer(*value) : std::nullopt;
  return id ? std::optional(static_cast<uint64_t>(*id)) : std::nullopt;
}

const ThreadEnds& LockWaits::EndsOf(RemoteAddress interpreter) {
  const auto found = ends_.find(interpreter);
  if (found != ends_.end()) return found->second;
  return ends_.try_emplace(interpreter, memory_, layout_, interpreter).first->second;
}

}  // namespace spyhop
