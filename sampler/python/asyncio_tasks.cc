#include "sampler/python/asyncio_tasks.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace spyhop {
namespace {

constexpr size_t kWord = sizeof(RemoteAddress);
constexpr int32_t kPending = 0;  // fut_state
// Of each name, read ahead: what ObjectReader reads of an object at first, and most of its text.
constexpr size_t kNameBytes = 128;
constexpr uint64_t kMaxTable = 1 << 20;
constexpr size_t kMaxLoops = 64;

// PySetObject (Include/cpython/setobject.h, 3.7 to 3.15), from the end of its head: fill, used,
// mask, table; entries are {key, hash}.
constexpr uint64_t kSetMask = 2 * kWord;
constexpr uint64_t kSetTable = 3 * kWord;
struct SetEntry {
  RemoteAddress key;
  uint64_t hash;
};

struct ListNode {  // struct llist_node (Include/internal/pycore_llist.h)
  RemoteAddress next;
  RemoteAddress previous;
};

}  // namespace

AsyncioTasks::AsyncioTasks(RemoteMemory& memory, const Layout& layout, const AsyncioLayout& asyncio)
    : memory_(memory),
      layout_(layout),
      asyncio_(asyncio),
      objects_(memory, layout),
      ahead_(memory),
      names_(ahead_, layout) {}

std::optional<RemoteAddress> AsyncioTasks::ModuleDict(RemoteAddress interpreter) {
  const auto modules = memory_.ReadPointer(layout_.interpreter.modules.At(interpreter));
  const auto module = modules ? objects_.Item(*modules, "asyncio.tasks") : std::nullopt;
  return module ? objects_.ModuleDict(*module) : std::nullopt;
}

bool AsyncioTasks::IsLoaded(RemoteAddress interpreter) {
  return ModuleDict(interpreter).has_value();
}

// Lib/asyncio/tasks.py: _all_tasks (3.7 to 3.11), _scheduled_tasks and _eager_tasks (3.12+; from
// 3.14 on for tasks that are not of C).
RawTasks AsyncioTasks::Read(RemoteAddress interpreter, absl::Span<const RemoteAddress> threads) {
  seen_.clear();
  seen_once_.clear();
  if (asyncio_.lists.thread_head.present()) {
    for (const RemoteAddress thread : threads) SeeList(asyncio_.lists.thread_head.At(thread));
    SeeList(asyncio_.lists.interpreter_head.At(interpreter));
  }
  if (const std::optional<RemoteAddress> module = ModuleDict(interpreter)) {
    for (const std::string_view weak_set : {"_all_tasks", "_scheduled_tasks"}) {
      const auto tasks = objects_.Item(*module, weak_set);
      const auto data = tasks ? objects_.Attribute(*tasks, "data") : std::nullopt;
      if (data) SeeAllIn(*data, true);
    }
    if (const auto tasks = objects_.Item(*module, "_eager_tasks")) SeeAllIn(*tasks, false);
  }
  RawTasks found;
  found.left_out = seen_.size() - std::min(seen_.size(), kMaxTasks);
  if (found.left_out > 0) seen_.resize(kMaxTasks);
  ReadSeen(found);
  return found;
}

void AsyncioTasks::See(RemoteAddress task) {
  if (task.MayHoldPointer() && seen_.size() < kMaxTasksSeen && seen_once_.insert(task).second) {
    seen_.push_back(task);
  }
}

// A list that is being changed may lead into another one, but not without end.
void AsyncioTasks::SeeList(RemoteAddress head) {
  auto node = memory_.Read<ListNode>(head);
  for (size_t i = 0; node && i < kMaxTasksSeen; ++i) {
    const RemoteAddress at = node->next;
    if (at == head || !at.MayHoldPointer()) return;
    const RemoteAddress task(at.value() - asyncio_.task.node.offset);
    if (seen_once_.contains(task)) return;
    See(task);
    node = memory_.Read<ListNode>(at);
  }
}

void AsyncioTasks::SeeAllIn(RemoteAddress container, bool weak) {
  std::vector<RemoteAddress> items = SetItems(container, kMaxTasksSeen);
  if (weak) Referents(items);
  for (const RemoteAddress item : items) See(item);
}

std::vector<RemoteAddress> AsyncioTasks::SetItems(RemoteAddress set, size_t limit) {
  const RemoteAddress fields = set.Plus(layout_.object.size);
  const auto mask = memory_.Read<uint64_t>(fields.Plus(kSetMask));
  const auto table = memory_.ReadPointer(fields.Plus(kSetTable));
  std::vector<RemoteAddress> items;
  if (!mask || *mask >= kMaxTable || !table) return items;
  std::vector<SetEntry> entries(*mask + 1);
  entries.resize(memory_.ReadSome(*table, entries.data(), entries.size() * sizeof(SetEntry)) /
                 sizeof(SetEntry));
  for (const SetEntry& entry : entries) {
    if (items.size() == limit) break;
    // A removed entry has a key that is no object of the heap, and a hash of -1.
    if (entry.key.MayHoldPointer() && entry.hash != UINT64_MAX) items.push_back(entry.key);
  }
  return items;
}

// Weak references become what they refer to.
void AsyncioTasks::Referents(std::vector<RemoteAddress>& references) {
  std::vector<RemoteAddress> objects(references.size());
  std::vector<ReadRequest> batch;
  for (size_t i = 0; i < references.size(); ++i) {
    batch.push_back({asyncio_.wrapped.At(references[i]), &objects[i], kWord, 0});
  }
  memory_.ReadBatch(absl::MakeSpan(batch));
  references.swap(objects);
}

std::vector<RemoteAddress> AsyncioTasks::Items(RemoteAddress container, size_t limit) {
  const std::optional<std::string> type = objects_.TypeName(container);
  if (type == "set") return SetItems(container, limit);
  if (type != "list") return {};
  const auto size = memory_.Read<uint64_t>(layout_.object.ob_size.At(container));
  const auto first = memory_.ReadPointer(layout_.sequence.list_ob_item.At(container));
  if (!size || !first) return {};
  std::vector<RemoteAddress> items(std::min<uint64_t>(*size, limit));
  items.resize(memory_.ReadSome(*first, items.data(), items.size() * kWord) / kWord);
  return items;
}

void AsyncioTasks::ReadSeen(RawTasks& found) {
  const size_t size = std::max(asyncio_.task.size, layout_.object.size);
  std::vector<uint8_t> copies(seen_.size() * size);
  std::vector<ReadRequest> batch;
  for (size_t i = 0; i < seen_.size(); ++i) {
    batch.push_back({seen_[i], copies.data() + i * size, size, 0});
  }
  memory_.ReadBatch(absl::MakeSpan(batch));
  for (size_t i = 0; i < seen_.size(); ++i) {
    if (batch[i].done < layout_.object.size) continue;
    const uint8_t* copy = copies.data() + i * size;
    const Kind kind =
        batch[i].complete() ? KindOf(seen_[i], layout_.object.ob_type.In(copy)) : Kind::kOfPython;
    found.misfit = found.misfit || kind == Kind::kMisfit;
    const std::optional<RawTask> task = kind == Kind::kOfC        ? FromC(seen_[i], copy)
                                        : kind == Kind::kOfPython ? FromPython(seen_[i])
                                                                  : std::nullopt;
    if (task) found.tasks.push_back(*task);
  }
  ReadNames(found.tasks);
}

void AsyncioTasks::ReadNames(absl::Span<const RawTask> tasks) {
  std::vector<RemoteAddress> names;
  for (const RawTask& task : tasks) {
    if (task.name.MayHoldPointer()) names.push_back(task.name);
  }
  ahead_.Prefetch(names, kNameBytes);
}

// _asyncio.Task and its subclasses; a task written in Python has its parts as attributes. The size
// of the struct tells whether this release has it as the layout says.
AsyncioTasks::Kind AsyncioTasks::KindOf(RemoteAddress task, RemoteAddress type) {
  if (!asyncio_.task.coro.present() || !type.MayHoldPointer()) return Kind::kOfPython;
  const auto known = kinds_.find(type);
  if (known != kinds_.end()) return known->second;
  const int64_t size = memory_.Read<int64_t>(layout_.type.tp_basicsize.At(type)).value_or(0);
  const int64_t size_of_c = asyncio_.task.size;
  Kind kind = Kind::kOfPython;
  if (objects_.TypeName(task) == "_asyncio.Task") {
    kind = size == size_of_c ? Kind::kOfC : Kind::kMisfit;
  } else if (size >= size_of_c && !objects_.Attribute(task, "_coro").has_value()) {
    kind = Kind::kOfC;
  }
  kinds_.emplace(type, kind);
  return kind;
}

std::optional<RawTask> AsyncioTasks::FromC(RemoteAddress address, const uint8_t* copy) {
  const TaskLayout& fields = asyncio_.task;
  if (fields.state.In(copy) != kPending) return std::nullopt;
  RawTask task{address, fields.loop.In(copy), fields.coro.In(copy), fields.fut_waiter.In(copy), {}};
  if (fields.name.present()) task.name = fields.name.In(copy);
  if (!task.coroutine.MayHoldPointer() || !task.loop.MayHoldPointer()) return std::nullopt;
  return task;
}

// Lib/asyncio/tasks.py and futures.py, class Task and Future.
std::optional<RawTask> AsyncioTasks::FromPython(RemoteAddress address) {
  const auto attribute = [this, address](std::string_view name) {
    return objects_.Attribute(address, name).value_or(RemoteAddress());
  };
  RawTask task{address, attribute("_loop"), attribute("_coro"), attribute("_fut_waiter"),
               attribute("_name")};
  if (!task.coroutine.MayHoldPointer() || !task.loop.MayHoldPointer()) return std::nullopt;
  // None, not yet or no more waiting.
  if (objects_.TypeName(task.waits_for) == "NoneType") task.waits_for = RemoteAddress();
  const RemoteAddress state = attribute("_state");
  if (state && objects_.String(state) != "PENDING") return std::nullopt;
  return task;
}

std::optional<RawTask> AsyncioTasks::Find(RemoteAddress address) {
  const size_t size = std::max(asyncio_.task.size, layout_.object.size);
  copy_.resize(size);
  const size_t done = memory_.ReadSome(address, copy_.data(), size);
  if (done < layout_.object.size) return std::nullopt;
  const RemoteAddress type = layout_.object.ob_type.In(copy_.data());
  switch (done == size ? KindOf(address, type) : Kind::kOfPython) {
    case Kind::kOfC:
      return FromC(address, copy_.data());
    case Kind::kOfPython:
      return FromPython(address);
    case Kind::kMisfit:
      break;
  }
  return std::nullopt;
}

// Lib/asyncio/tasks.py: _current_tasks, by loop; from 3.14 on that of tasks not of C only.
std::vector<RemoteAddress> AsyncioTasks::Running(RemoteAddress interpreter,
                                                 RemoteAddress thread_state) {
  std::vector<RemoteAddress> running;
  if (const PointerField& field = asyncio_.lists.running_task; field.present()) {
    const auto task = memory_.ReadPointer(field.At(thread_state));
    if (task && task->MayHoldPointer()) return {*task};
  }
  const std::optional<RemoteAddress> dict = CurrentTasks(interpreter);
  if (!dict) return running;
  objects_.ForEachItem(*dict, kMaxLoops, [&running](RemoteAddress, RemoteAddress task) {
    running.push_back(task);
    return true;
  });
  return running;
}

std::optional<RemoteAddress> AsyncioTasks::CurrentTasks(RemoteAddress interpreter) {
  const auto known = current_tasks_.find(interpreter);
  if (known != current_tasks_.end()) return known->second;
  const std::optional<RemoteAddress> module = ModuleDict(interpreter);
  const auto dict = module ? objects_.Item(*module, "_current_tasks") : std::nullopt;
  if (dict) current_tasks_[interpreter] = *dict;
  return dict;
}

// Lib/asyncio/base_events.py: BaseEventLoop._thread_id, from threading.get_ident().
std::optional<uint64_t> AsyncioTasks::ThreadOf(RemoteAddress loop) {
  const auto attribute = objects_.Attribute(loop, "_thread_id");
  const auto id = attribute ? objects_.Integer(*attribute) : std::nullopt;
  return id ? std::optional<uint64_t>(static_cast<uint64_t>(*id)) : std::nullopt;
}

std::optional<RemoteAddress> AsyncioTasks::LoopIn(RemoteAddress thread_state) {
  const PointerField& field = asyncio_.lists.running_loop;
  return field.present() ? memory_.ReadPointer(field.At(thread_state)) : std::nullopt;
}

// 3.12+: a task that was given no name has a number, of which its name is made when it is asked
// for.
std::string AsyncioTasks::NameOf(const RawTask& task) {
  if (!task.name) return "";
  if (std::optional<std::string> name = names_.String(task.name)) return *std::move(name);
  const std::optional<int64_t> number = names_.Integer(task.name);
  return number ? absl::StrCat("Task-", *number) : "";
}

}  // namespace spyhop
