#include "sampler/with_locks.h"

#include <algorithm>
#include <array>
#include <string>

#include "sampler/lock_kind.h"
#include "sampler/wait_rules.h"

namespace spyhop {
namespace {

constexpr size_t kMaxFrames = 2000;
// Frames of Condition.wait and what it calls, above the one that has the condition.
constexpr size_t kWaitFrames = 3;
constexpr std::string_view kExit = "__exit__";
// Members of a function among which its name is: func_name is the sixth in 2.7, the seventh to 3.9,
// the third from 3.10 on (Include/funcobject.h); a method descriptor's d_name is its second
// (Include/descrobject.h).
constexpr size_t kFunctionMembers = 7;

// PyCFunctionObject (m_ml, m_self) and PyMethodObject (im_func, im_self): the same places.
struct BoundMethod {
  RemoteAddress function;
  RemoteAddress self;
};

void AddOnce(RemoteAddress address, std::vector<RemoteAddress>& to) {
  if (std::find(to.begin(), to.end(), address) == to.end()) to.push_back(address);
}

bool EndsWithWait(std::string_view function) {
  return function == "wait" || function.ends_with(".wait");
}

}  // namespace

WithLocks::WithLocks(RemoteMemory& memory, const Layout& layout, CodeCache& codes)
    : memory_(memory),
      layout_(layout),
      codes_(codes),
      objects_(memory, layout),
      slots_(memory, layout) {}

std::vector<RemoteAddress> WithLocks::Of(const RawStack& stack, bool blocked) {
  std::vector<RemoteAddress> locks;
  const size_t count = std::min(stack.frames().size(), kMaxFrames);
  for (size_t i = 0; i < count; ++i) {
    const RawFrame& frame = stack.frames()[i];
    const std::vector<RemoteAddress> slots = slots_.UnderHandlers(frame);
    if (slots.empty()) continue;
    const std::vector<RemoteAddress> managers = Managers(slots);
    if (managers.empty()) continue;
    if (!blocked && slots_.UnderHandlers(frame) != slots) continue;
    for (const RemoteAddress manager : managers) {
      if (const auto lock = LockOf(manager)) AddOnce(*lock, locks);
    }
  }
  if (const auto let_go = LetGo(stack)) std::erase(locks, *let_go);
  return locks;
}

std::vector<RemoteAddress> WithLocks::Managers(absl::Span<const RemoteAddress> slots) {
  std::vector<RemoteAddress> managers;
  for (size_t i = 0; i < slots.size(); ++i) {
    if (const auto manager = ManagerAt(slots, i)) managers.push_back(*manager);
  }
  return managers;
}

// The object whose __exit__ slot `index` is, by itself or with the slot above.
std::optional<RemoteAddress> WithLocks::ManagerAt(absl::Span<const RemoteAddress> slots,
                                                  size_t index) {
  const RemoteAddress object = slots[index];
  const std::optional<std::string> type = objects_.TypeName(object);
  if (!type) return std::nullopt;
  const auto bound = memory_.Read<BoundMethod>(object.Plus(layout_.object.size));
  if (!bound) return std::nullopt;
  if (*type == "builtin_function_or_method") {
    // PyMethodDef begins with ml_name.
    const auto name = memory_.ReadPointer(bound->function);
    if (!name || memory_.ReadCString(*name, kExit.size() + 1) != kExit) return std::nullopt;
    return bound->self;
  }
  if (*type == "method" || *type == "instancemethod") {
    return IsExit(bound->function) ? std::optional(bound->self) : std::nullopt;
  }
  const bool unbound = *type == "method_descriptor" || *type == "function";
  if (!unbound || index + 1 == slots.size() || !IsExit(object)) return std::nullopt;
  return slots[index + 1];
}

bool WithLocks::IsExit(RemoteAddress function) {
  std::array<RemoteAddress, kFunctionMembers> members;
  if (!function.MayHoldPointer() ||
      !memory_.ReadAll(function.Plus(layout_.object.size), members.data(), sizeof(members))) {
    return false;
  }
  return std::any_of(members.begin(), members.end(), [this](RemoteAddress member) {
    return member.MayHoldPointer() && objects_.String(member, kExit.size() + 1) == kExit;
  });
}

std::optional<RemoteAddress> WithLocks::LockOf(RemoteAddress manager) {
  if (!KindOfLockObject(memory_, manager).empty()) return manager;
  return LockOfCondition(manager);
}

// Lib/threading.py: _lock, in 2.7 __lock of class _Condition.
std::optional<RemoteAddress> WithLocks::LockOfCondition(RemoteAddress object) {
  const std::optional<std::string> type = objects_.TypeName(object);
  if (type != "Condition" && type != "_Condition") return std::nullopt;
  const bool mangled = layout_.features.string_model == StringModel::kPython2;
  const auto lock = objects_.Attribute(object, mangled ? "_Condition__lock" : "_lock");
  if (!lock || KindOfLockObject(memory_, *lock).empty()) return std::nullopt;
  return lock;
}

// Condition.wait releases the condition's lock until it returns.
std::optional<RemoteAddress> WithLocks::LetGo(const RawStack& stack) {
  for (size_t i = 0; i < std::min(stack.frames().size(), kWaitFrames); ++i) {
    const RawFrame& frame = stack.frames()[i];
    const CodeInfo* code = codes_.Find(frame.code, 0);
    if (code == nullptr || !EndsWithWait(code->function) || !IsFile(code->file, "threading.py")) {
      continue;
    }
    const auto self = slots_.FirstLocal(frame);
    if (const auto lock = self ? LockOfCondition(*self) : std::nullopt) return lock;
  }
  return std::nullopt;
}

}  // namespace spyhop
