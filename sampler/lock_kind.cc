#include "sampler/lock_kind.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace spyhop {
namespace {

// From the futex call up to the frame of the C function that has the lock as its `self`, and some.
constexpr size_t kStackBytes = 2048;
constexpr size_t kMaxCandidates = 128;

// A PyObject header: ob_refcnt and ob_type; with two pointers before them in debug builds up to
// 3.7 (Py_TRACE_REFS), with thread id and mutex in free-threaded ones. tp_name follows ob_size.
struct Header {
  size_t type;
  size_t size;
};
constexpr Header kHeaders[] = {{8, 16}, {24, 32}};
constexpr size_t kObjectBytes = 48;
using ObjectBytes = std::array<uint8_t, kObjectBytes>;

struct LockType {
  std::string_view type;
  std::string_view name;
};
constexpr LockType kLockTypes[] = {
    {"_thread.lock", kPlainLock},
    {"thread.lock", kPlainLock},  // 2.7
    {"_thread.RLock", kRecursiveLock},
    {"_queue.SimpleQueue", "queue.get"},
    {"_multiprocessing.SemLock", "multiprocessing.Lock"},
};

uint64_t WordAt(const ObjectBytes& object, size_t offset) {
  uint64_t word = 0;
  std::memcpy(&word, object.data() + offset, sizeof(word));
  return word;
}

std::string_view NameOfType(RemoteMemory& memory, RemoteAddress type, const Header& header) {
  if (!type.MayHoldPointer()) return "";
  const auto name = memory.ReadPointer(type.Plus(header.size + sizeof(uint64_t)));
  if (!name) return "";
  const std::optional<std::string> text = memory.ReadCString(*name, 32);
  for (const LockType& lock : kLockTypes) {
    if (text && *text == lock.type) return lock.name;
  }
  return "";
}

// `object` has `word` as its first or second member.
std::optional<FoundLock> HoldingWord(RemoteMemory& memory, RemoteAddress address,
                                     const ObjectBytes& object, uint64_t word) {
  for (const Header& header : kHeaders) {
    if (WordAt(object, header.size) != word && WordAt(object, header.size + 8) != word) continue;
    const auto name = NameOfType(memory, RemoteAddress(WordAt(object, header.type)), header);
    if (!name.empty()) return FoundLock{name, address, address.Plus(header.size)};
  }
  return std::nullopt;
}

std::vector<RemoteAddress> PointersOnStack(RemoteMemory& memory, const SyscallState& futex) {
  std::array<uint64_t, kStackBytes / sizeof(uint64_t)> stack{};
  memory.ReadSome(futex.stack_pointer, stack.data(), kStackBytes);
  std::vector<RemoteAddress> pointers;
  for (const uint64_t word : stack) {
    const bool in_stack = word - futex.stack_pointer.value() < (64 << 10);
    if (!in_stack) pointers.emplace_back(word);
  }
  return pointers;
}

// A semaphore of its own, whose address the object holds: all locks up to 3.13
// (Python/thread_pthread.h), multiprocessing's in every version. The futex word comes first in it.
std::optional<FoundLock> FindAmong(RemoteMemory& memory, uint64_t futex,
                                   absl::Span<const RemoteAddress> pointers) {
  std::vector<RemoteAddress> candidates;
  for (const RemoteAddress pointer : pointers) {
    if (!pointer.MayHoldPointer()) continue;
    if (std::find(candidates.begin(), candidates.end(), pointer) != candidates.end()) continue;
    candidates.push_back(pointer);
    if (candidates.size() == kMaxCandidates) break;
  }
  std::vector<ObjectBytes> objects(candidates.size());
  std::vector<ReadRequest> batch;
  for (size_t i = 0; i < candidates.size(); ++i) {
    batch.push_back({candidates[i], objects[i].data(), kObjectBytes});
  }
  memory.ReadBatch(absl::MakeSpan(batch));
  for (size_t i = 0; i < objects.size(); ++i) {
    if (!batch[i].complete()) continue;
    const auto found = HoldingWord(memory, batch[i].address, objects[i], futex);
    if (found) return found;
  }
  return std::nullopt;
}

// 3.13+: a PyMutex within the object.
std::optional<FoundLock> FindParked(RemoteMemory& memory, const SyscallState& futex) {
  const std::optional<RemoteAddress> parked = ParkedAt(memory, futex);
  if (!parked) return std::nullopt;
  for (const Header& header : kHeaders) {
    const RemoteAddress object(parked->value() - header.size);
    if (!object.MayHoldPointer()) continue;
    const auto type = memory.ReadPointer(object.Plus(header.type));
    const std::string_view kind = type ? NameOfType(memory, *type, header) : "";
    if (!kind.empty()) return FoundLock{kind, object, *parked, true};
  }
  return std::nullopt;
}

}  // namespace

std::optional<FoundLock> FindLock(RemoteMemory& memory, const SyscallState& futex,
                                  absl::Span<const RemoteAddress> more) {
  if (const auto parked = FindParked(memory, futex)) return parked;
  const auto found = FindAmong(memory, futex.arguments[0], PointersOnStack(memory, futex));
  return found ? found : FindAmong(memory, futex.arguments[0], more);
}

std::string_view FindLockKind(RemoteMemory& memory, const SyscallState& futex) {
  const std::optional<FoundLock> lock = FindLock(memory, futex);
  return lock ? lock->kind : "";
}

// The semaphore lies in the thread's struct wait_entry, right behind the address that is waited for
// (Python/parking_lot.c).
std::optional<RemoteAddress> ParkedAt(RemoteMemory& memory, const SyscallState& futex) {
  return memory.ReadPointer(RemoteAddress(futex.arguments[0] - sizeof(uint64_t)));
}

std::string_view KindOfLockObject(RemoteMemory& memory, RemoteAddress object) {
  ObjectBytes bytes{};
  if (!object.MayHoldPointer() || !memory.ReadAll(object, bytes.data(), kObjectBytes)) return "";
  for (const Header& header : kHeaders) {
    const auto kind = NameOfType(memory, RemoteAddress(WordAt(bytes, header.type)), header);
    if (kind == kPlainLock || kind == kRecursiveLock) return kind;
  }
  return "";
}

// A PyMutex' lowest bit is _Py_LOCKED (Include/cpython/lock.h, 3.13+); a semaphore's first word is
// its value (glibc, sysdeps/nptl/internaltypes.h).
bool IsTaken(RemoteMemory& memory, const FoundLock& lock, const SyscallState& futex) {
  if (lock.parked) return (memory.Read<uint8_t>(lock.members).value_or(0) & 1) != 0;
  return memory.Read<uint32_t>(RemoteAddress(futex.arguments[0])) == 0U;
}

// struct rlockobject (Modules/_threadmodule.c): rlock_lock and rlock_owner from 3.2 on; from 3.14
// on a _PyRecursiveMutex (pycore_lock.h), mutex and thread. Either way the owner is the second
// word, and 0 when the lock is free.
std::optional<uint64_t> OwnerOf(RemoteMemory& memory, const FoundLock& lock) {
  if (lock.kind != kRecursiveLock) return std::nullopt;
  const auto owner = memory.Read<uint64_t>(lock.members.Plus(sizeof(uint64_t)));
  return owner && *owner != 0 ? owner : std::nullopt;
}

}  // namespace spyhop
