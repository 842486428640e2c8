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
    {"_thread.lock", "threading.Lock"},
    {"thread.lock", "threading.Lock"},  // 2.7
    {"_thread.RLock", "threading.RLock"},
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
std::string_view KindOf(RemoteMemory& memory, const ObjectBytes& object, uint64_t word) {
  for (const Header& header : kHeaders) {
    if (WordAt(object, header.size) != word && WordAt(object, header.size + 8) != word) continue;
    const auto name = NameOfType(memory, RemoteAddress(WordAt(object, header.type)), header);
    if (!name.empty()) return name;
  }
  return "";
}

// A semaphore of its own, whose address the object holds: all locks up to 3.13
// (Python/thread_pthread.h), multiprocessing's in every version. The futex word comes first in it.
std::string_view FindOnStack(RemoteMemory& memory, const SyscallState& futex) {
  std::array<uint64_t, kStackBytes / sizeof(uint64_t)> stack{};
  memory.ReadSome(futex.stack_pointer, stack.data(), kStackBytes);
  std::vector<uint64_t> candidates;
  for (const uint64_t word : stack) {
    const bool in_stack = word - futex.stack_pointer.value() < (64 << 10);
    if (!RemoteAddress(word).MayHoldPointer() || in_stack) continue;
    if (std::find(candidates.begin(), candidates.end(), word) != candidates.end()) continue;
    candidates.push_back(word);
    if (candidates.size() == kMaxCandidates) break;
  }
  std::vector<ObjectBytes> objects(candidates.size());
  std::vector<ReadRequest> batch;
  for (size_t i = 0; i < candidates.size(); ++i) {
    batch.push_back({RemoteAddress(candidates[i]), objects[i].data(), kObjectBytes});
  }
  memory.ReadBatch(absl::MakeSpan(batch));
  for (size_t i = 0; i < objects.size(); ++i) {
    if (!batch[i].complete()) continue;
    const std::string_view kind = KindOf(memory, objects[i], futex.arguments[0]);
    if (!kind.empty()) return kind;
  }
  return "";
}

// 3.13+: a PyMutex within the object, and a semaphore in the thread's struct wait_entry, right
// behind the address that is waited for (Python/parking_lot.c).
std::string_view FindParked(RemoteMemory& memory, const SyscallState& futex) {
  const auto parked = memory.Read<uint64_t>(RemoteAddress(futex.arguments[0] - sizeof(uint64_t)));
  if (!parked) return "";
  for (const Header& header : kHeaders) {
    const RemoteAddress object(*parked - header.size);
    if (!object.MayHoldPointer()) continue;
    const auto type = memory.ReadPointer(object.Plus(header.type));
    const std::string_view kind = type ? NameOfType(memory, *type, header) : "";
    if (!kind.empty()) return kind;
  }
  return "";
}

}  // namespace

std::string_view FindLockKind(RemoteMemory& memory, const SyscallState& futex) {
  const std::string_view parked = FindParked(memory, futex);
  return parked.empty() ? FindOnStack(memory, futex) : parked;
}

}  // namespace spyhop
