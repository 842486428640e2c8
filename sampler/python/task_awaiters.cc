#include "sampler/python/task_awaiters.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace spyhop {
namespace {

// Futures between a task and the one that awaits it: a gather in a shield in a wait ...
constexpr int kMaxSteps = 8;
constexpr size_t kMaxCallbacks = 16;
constexpr size_t kMaxCells = 16;
constexpr int kMaxBases = 16;
constexpr size_t kWord = sizeof(RemoteAddress);

// Functions within functions of Lib/asyncio/tasks.py that set a future for somebody who awaits it
// (_gather: late releases of 3.9).
constexpr std::array<std::string_view, 4> kPassOn = {"gather.<locals>.", "_gather.<locals>.",
                                                     "_wait.<locals>.", "shield.<locals>."};

}  // namespace

std::optional<RemoteAddress> TaskAwaiters::OfFuture(RemoteAddress future, int steps) {
  if (steps == kMaxSteps) return std::nullopt;
  const Kind kind = KindOf(future);
  if (!IsTask(kind) && !IsFuture(kind)) return std::nullopt;
  if (kind == Kind::kTaskOfPython || kind == Kind::kFutureOfPython) {
    const auto list = objects_.Attribute(future, "_callbacks");
    return list ? ByCallbacks(*list, steps) : std::nullopt;
  }
  const auto first = memory_.ReadPointer(asyncio_.callback.first.At(future));
  if (first && first->MayHoldPointer()) {
    if (const auto task = ByCallback(*first, steps)) return task;
  }
  const auto others = memory_.ReadPointer(asyncio_.callback.others.At(future));
  return others && others->MayHoldPointer() ? ByCallbacks(*others, steps) : std::nullopt;
}

std::optional<RemoteAddress> TaskAwaiters::ByCallbacks(RemoteAddress list, int steps) {
  const auto size = memory_.Read<uint64_t>(layout_.object.ob_size.At(list));
  const auto first = memory_.ReadPointer(layout_.sequence.list_ob_item.At(list));
  if (!size || !first || objects_.TypeName(list) != "list") return std::nullopt;
  std::vector<RemoteAddress> pairs(std::min<uint64_t>(*size, kMaxCallbacks));
  pairs.resize(memory_.ReadSome(*first, pairs.data(), pairs.size() * kWord) / kWord);
  for (const RemoteAddress pair : pairs) {
    const std::vector<RemoteAddress> items = TupleItems(pair, 1);
    const auto task = items.empty() ? std::nullopt : ByCallback(items.front(), steps);
    if (task) return task;
  }
  return std::nullopt;
}

std::optional<RemoteAddress> TaskAwaiters::ByCallback(RemoteAddress callback, int steps) {
  switch (KindOf(callback)) {
    case Kind::kWakeup:
      return OnlyTask(memory_.ReadPointer(asyncio_.wrapped.At(callback)));
    case Kind::kBuiltin: {
      const auto method = memory_.ReadPointer(layout_.callable.m_ml.At(callback));
      const auto name = memory_.ReadPointer(method.value_or(RemoteAddress()));
      if (!name || objects_.CString(*name, 32) != "task_wakeup") return std::nullopt;
      return OnlyTask(memory_.ReadPointer(layout_.callable.m_self.At(callback)));
    }
    case Kind::kMethod:
      return ByMethod(callback);
    case Kind::kFunction:
      return ByClosure(callback, steps);
    case Kind::kPartial:
      return ByPartial(callback, steps);
    default:
      return std::nullopt;
  }
}

// Task.__wakeup of tasks written in Python, and TaskGroup._on_task_done
// (Lib/asyncio/taskgroups.py).
std::optional<RemoteAddress> TaskAwaiters::ByMethod(RemoteAddress method) {
  const auto function = memory_.ReadPointer(layout_.callable.im_func.At(method));
  const auto self = memory_.ReadPointer(layout_.callable.im_self.At(method));
  if (!function || !self) return std::nullopt;
  const std::string name = QualifiedName(*function);
  if (name.ends_with(".__wakeup")) return OnlyTask(*self);
  if (name != "TaskGroup._on_task_done") return std::nullopt;
  return OnlyTask(objects_.Attribute(*self, "_parent_task"));
}

// What is to be set is the one future among the function's free variables.
std::optional<RemoteAddress> TaskAwaiters::ByClosure(RemoteAddress function, int steps) {
  const std::string name = QualifiedName(function);
  const bool passes_on = std::any_of(kPassOn.begin(), kPassOn.end(),
                                     [&name](auto outer) { return name.starts_with(outer); });
  const auto cells = memory_.ReadPointer(asyncio_.callback.closure.At(function));
  if (!passes_on || !cells) return std::nullopt;
  for (const RemoteAddress cell : TupleItems(*cells, kMaxCells)) {
    const auto content = memory_.ReadPointer(layout_.simple.cell_ref.At(cell));
    const Kind kind = content ? KindOf(*content) : Kind::kOther;
    if (IsFuture(kind)) return OfFuture(*content, steps + 1);
  }
  return std::nullopt;
}

// wait_for, to 3.11: partial(_release_waiter, waiter).
std::optional<RemoteAddress> TaskAwaiters::ByPartial(RemoteAddress partial, int steps) {
  const auto function = memory_.ReadPointer(asyncio_.callback.partial_fn.At(partial));
  const auto arguments = memory_.ReadPointer(asyncio_.callback.partial_args.At(partial));
  if (!function || !arguments || QualifiedName(*function) != "_release_waiter") return std::nullopt;
  const std::vector<RemoteAddress> items = TupleItems(*arguments, 1);
  return items.empty() ? std::nullopt : OfFuture(items.front(), steps + 1);
}

std::optional<RemoteAddress> TaskAwaiters::OnlyTask(std::optional<RemoteAddress> object) {
  return object && IsTask(KindOf(*object)) ? object : std::nullopt;
}

std::string TaskAwaiters::QualifiedName(RemoteAddress function) {
  if (KindOf(function) != Kind::kFunction || !layout_.callable.qualname.present()) return "";
  const auto name = memory_.ReadPointer(layout_.callable.qualname.At(function));
  return name ? objects_.String(*name, 64).value_or("") : "";
}

std::vector<RemoteAddress> TaskAwaiters::TupleItems(RemoteAddress tuple, size_t limit) {
  const auto size = memory_.Read<uint64_t>(layout_.object.ob_size.At(tuple));
  if (!size || objects_.TypeName(tuple) != "tuple") return {};
  std::vector<RemoteAddress> items(std::min<uint64_t>(*size, limit));
  const RemoteAddress first = layout_.sequence.tuple_ob_item.At(tuple);
  items.resize(memory_.ReadSome(first, items.data(), items.size() * kWord) / kWord);
  return items;
}

TaskAwaiters::Kind TaskAwaiters::KindOf(RemoteAddress object) {
  const std::optional<RemoteAddress> type = objects_.Type(object);
  if (!type) return Kind::kOther;
  const auto known = kinds_.find(*type);
  if (known != kinds_.end()) return known->second;
  return kinds_[*type] = KindOfType(*type);
}

// Of the type, or of the nearest of its bases that is known. Classes of Python have their bare
// name, which a class derived from one of C may have, too.
TaskAwaiters::Kind TaskAwaiters::KindOfType(RemoteAddress type) {
  constexpr std::array<std::pair<std::string_view, Kind>, 9> kNames = {{
      {"_asyncio.Task", Kind::kTask},
      {"Task", Kind::kTaskOfPython},
      {"_asyncio.Future", Kind::kFuture},
      {"Future", Kind::kFutureOfPython},
      {"TaskWakeupMethWrapper", Kind::kWakeup},
      {"builtin_function_or_method", Kind::kBuiltin},
      {"method", Kind::kMethod},
      {"function", Kind::kFunction},
      {"functools.partial", Kind::kPartial},
  }};
  Kind found = Kind::kOther;
  for (int i = 0; i < kMaxBases && type.MayHoldPointer(); ++i) {
    const auto name = memory_.ReadPointer(layout_.type.tp_name.At(type));
    const std::string text = name ? objects_.CString(*name, 64).value_or("") : "";
    for (const auto& [each, kind] : kNames) {
      if (text != each) continue;
      if (kind != Kind::kTaskOfPython && kind != Kind::kFutureOfPython) return kind;
      if (found == Kind::kOther) found = kind;
    }
    type = memory_.ReadPointer(layout_.type.tp_base.At(type)).value_or(RemoteAddress());
  }
  return found;
}

}  // namespace spyhop
