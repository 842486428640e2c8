#include "sampler/python/thread_ends.h"

#include <algorithm>

#include "sampler/python/object_reader.h"
#include "sampler/python/thread_names.h"

namespace spyhop {
namespace {

// struct ThreadHandle (Modules/_threadmodule.c, 3.13 to 3.15), which is allocated by itself: a
// list's node, ids, the state, then in one word its locks and its event, the count of references.
constexpr uint64_t kHandleBytes = 72;

// Lib/threading.py: _handle in 3.13, _os_thread_handle later. PyThreadHandleObject has but a
// pointer.
AddressRange HandleOf(RemoteMemory& memory, const Layout& layout, RemoteAddress thread) {
  ObjectReader reader(memory, layout);
  std::optional<RemoteAddress> object = reader.Attribute(thread, "_os_thread_handle");
  if (!object) object = reader.Attribute(thread, "_handle");
  if (!object || reader.TypeName(*object) != "_thread._ThreadHandle") return {};
  const auto handle = memory.ReadPointer(object->Plus(layout.object.size));
  if (!handle || !handle->MayHoldPointer()) return {};
  return AddressRange::OfSize(*handle, kHandleBytes);
}

}  // namespace

ThreadEnds::ThreadEnds(RemoteMemory& memory, const Layout& layout, RemoteAddress interpreter) {
  ObjectReader reader(memory, layout);
  ForEachThreadObject(memory, layout, interpreter, [&](uint64_t id, RemoteAddress thread) {
    const auto lock = reader.Attribute(thread, "_tstate_lock");
    ends_.push_back({id, lock.value_or(RemoteAddress()), HandleOf(memory, layout, thread)});
  });
}

std::optional<uint64_t> ThreadEnds::WhoseLock(RemoteAddress lock) const {
  const auto found = std::find_if(ends_.begin(), ends_.end(), [lock](const End& end) {
    return !end.lock.is_null() && end.lock == lock;
  });
  return found == ends_.end() ? std::nullopt : std::optional(found->thread_id);
}

std::optional<uint64_t> ThreadEnds::WhoseHandle(RemoteAddress parked) const {
  const auto found = std::find_if(ends_.begin(), ends_.end(),
                                  [parked](const End& end) { return end.handle.Contains(parked); });
  return found == ends_.end() ? std::nullopt : std::optional(found->thread_id);
}

}  // namespace spyhop
