#include "sampler/awaited.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "base/absl_view.h"

namespace spyhop {
namespace {

// Of one gather or group.
constexpr size_t kMostAwaited = 10'000;

// Modules of asyncio whose classes' methods say by their name what they wait for.
constexpr std::array<std::string_view, 5> kTellingModules = {"locks", "queues", "streams",
                                                             "subprocess", "base_subprocess"};

// "queues" of ".../asyncio/queues.py"; empty: it is not asyncio's.
std::string_view AsyncioModule(std::string_view file) {
  constexpr std::string_view kFolder = "/asyncio/";
  const size_t folder = file.rfind(kFolder);
  if (folder == std::string_view::npos || !file.ends_with(".py")) return "";
  const std::string_view module = file.substr(folder + kFolder.size());
  return module.substr(0, module.size() - 3);
}

std::string_view AfterDot(std::string_view name) { return name.substr(name.rfind('.') + 1); }

}  // namespace

SnapshotAwait Awaited::By(const RawTask& task, const AwaitChain& chain,
                          absl::Span<const SnapshotFrame> frames) {
  SnapshotAwait await;
  if (chain.executing || !task.waits_for.MayHoldPointer()) return await;
  if (tasks_.contains(task.waits_for)) {
    await.kind = AwaitKind::kTask;
    await.tasks.push_back(task.waits_for.value());
    return await;
  }
  // Futures written in Python have a frame of their own, Future.__await__.
  const bool own_frame = frames.size() > 1 && AsyncioModule(frames.front().file) == "futures";
  const size_t leaf = own_frame ? 1 : 0;
  if (leaf < frames.size() && frames.size() == chain.first_locals.size()) {
    const RemoteAddress first_local = chain.first_locals[frames.size() - 1 - leaf];
    if (ByFunction(frames[leaf], first_local, await)) return await;
  }
  await.what = ClassName(task.waits_for);
  await.kind = AwaitKind::kFuture;
  // Lib/asyncio/tasks.py, class _GatheringFuture.
  if (await.what != "_GatheringFuture") return await;
  await.what = "gather";
  await.kind = AwaitKind::kGather;
  if (const auto children = objects_.Attribute(task.waits_for, "_children")) {
    AddTasks(*children, await);
  }
  return await;
}

// Functions of Lib/asyncio that wait for a future of their own: sleep, wait and wait_for
// (tasks.py), TaskGroup.__aexit__ and, from 3.13 on, _aexit (taskgroups.py).
bool Awaited::ByFunction(const SnapshotFrame& frame, RemoteAddress first_local,
                         SnapshotAwait& await) {
  const std::string_view module = AsyncioModule(frame.file);
  const std::string_view function = AfterDot(frame.function);
  if (module == "tasks" && function == "sleep") {
    await.kind = AwaitKind::kSleep;
    await.what = "sleep";
    return true;
  }
  if (module == "tasks" && (function == "_wait" || function == "wait_for")) {
    await.kind = AwaitKind::kGather;
    await.what = function == "_wait" ? "wait" : "wait_for";
    AddTasks(first_local, await);
    return true;
  }
  if (module == "taskgroups") {
    await.kind = AwaitKind::kGather;
    await.what = "TaskGroup";
    if (const auto tasks = objects_.Attribute(first_local, "_tasks")) AddTasks(*tasks, await);
    return true;
  }
  const bool tells =
      std::find(kTellingModules.begin(), kTellingModules.end(), module) != kTellingModules.end();
  const std::string self = tells ? ClassName(first_local) : "";
  if (self.empty()) return false;
  await.kind = AwaitKind::kFuture;
  await.what = absl::StrCat(self, ".", AbslView(function));
  return true;
}

// A task, or a list or set of tasks and futures.
void Awaited::AddTasks(RemoteAddress container, SnapshotAwait& await) {
  if (tasks_.contains(container)) {
    await.tasks.push_back(container.value());
    return;
  }
  for (const RemoteAddress item : reader_.Items(container, kMostAwaited)) {
    if (tasks_.contains(item)) await.tasks.push_back(item.value());
  }
}

// Without its module: "Future" of "_asyncio.Future".
std::string Awaited::ClassName(RemoteAddress object) {
  const std::optional<RemoteAddress> type = objects_.Type(object);
  if (!type) return "";
  const auto known = classes_.find(*type);
  if (known != classes_.end()) return known->second;
  const std::string name = objects_.TypeName(object).value_or("");
  return classes_[*type] = std::string(AfterDot(name));
}

}  // namespace spyhop
