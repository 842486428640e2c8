#include "sampler/task_snapshot.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <tuple>

#include "sampler/asyncio_debug.h"
#include "sampler/snapshot_python_frame.h"

namespace spyhop {
namespace {

constexpr int kReads = 3;

// The instruction of code that runs moves all the time.
bool SameTask(const RawTask& a, const RawTask& b, const AwaitChain& one, const AwaitChain& other) {
  if (!(a == b) || one.executing != other.executing) return false;
  if (!one.executing) return one == other;
  return one.frames.size() == other.frames.size() &&
         (one.frames.empty() || one.frames.back().code == other.frames.back().code);
}

// "Task-9" before "Task-10": in the order in which they were made, unless they were named.
bool ComesBefore(const SnapshotTask& a, const SnapshotTask& b) {
  const auto key = [](const SnapshotTask& task) {
    const size_t digits = task.name.size() - (task.name.find_last_not_of("0123456789") + 1);
    const std::string_view name = task.name;
    return std::tuple(name.substr(0, name.size() - digits), digits, name, task.id);
  };
  return key(a) < key(b);
}

}  // namespace

SnapshotTasks TaskSnapshot::Take() {
  SnapshotTasks out;
  const Nanos start = MonotonicClock().Now();
  const Interpreter& interpreter = attachment_.interpreter();
  const std::optional<AsyncioLayout> base = FindAsyncioLayout(interpreter.layout);
  if (!base) return out;
  layout_ = *base;
  RemoteMemory& memory = attachment_.memory();
  tasks_ = std::make_unique<AsyncioTasks>(memory, interpreter.layout, layout_);
  const std::vector<RemoteAddress> interpreters = InterpretersWithAsyncio();
  if (interpreters.empty()) return out;
  const auto whole = CompleteAsyncioLayout(*base, interpreter, attachment_.files(), memory);
  if (whole) {
    layout_ = *whole;
  } else {
    out.problem = "its table _AsyncioDebug was not found; only tasks written in Python are shown";
  }
  chains_ = std::make_unique<AwaitChains>(memory, interpreter.layout, layout_);
  ReadAll(interpreters, out);
  out.took = MonotonicClock().Now() - start;
  return out;
}

std::vector<RemoteAddress> TaskSnapshot::InterpretersWithAsyncio() {
  std::vector<RemoteAddress> with;
  for (const ThreadStates::InterpreterEntry& entry : attachment_.states().interpreters()) {
    if (tasks_->IsLoaded(entry.address)) with.push_back(entry.address);
  }
  return with;
}

void TaskSnapshot::ReadAll(const std::vector<RemoteAddress>& interpreters, SnapshotTasks& out) {
  ByLoop last;
  bool good = false;
  for (int read = 0; read < kReads && !good; ++read) {
    const absl::flat_hash_map<int, Rest> before = LookAtThreads();
    ByLoop now = ReadOnce(interpreters, out);
    FindThreads(now);
    out.loops.clear();
    good = true;
    for (const auto& [loop, found] : now) {
      const WatchedThread* thread = thread_of_[loop];
      SnapshotLoop entry{loop.value(), thread == nullptr ? 0 : thread->tid, false};
      entry.changed = HasRun(entry.tid, before) && !WasTheSame(loop, found, last);
      good = good && !entry.changed;
      out.loops.push_back(entry);
    }
    last = std::move(now);
  }
  Describe(last, out);
}

bool TaskSnapshot::WasTheSame(RemoteAddress loop, const std::vector<Found>& found,
                              const ByLoop& last) {
  for (const auto& [last_loop, last_found] : last) {
    if (last_loop != loop) continue;
    return std::equal(
        found.begin(), found.end(), last_found.begin(), last_found.end(),
        [](const Found& a, const Found& b) { return SameTask(a.task, b.task, a.chain, b.chain); });
  }
  return false;
}

TaskSnapshot::ByLoop TaskSnapshot::ReadOnce(const std::vector<RemoteAddress>& interpreters,
                                            SnapshotTasks& out) {
  ByLoop loops;
  out.left_out = 0;
  for (const RemoteAddress interpreter : interpreters) {
    std::vector<RemoteAddress> threads;
    for (const ThreadStates::ThreadEntry& thread : attachment_.states().threads()) {
      const auto& of = attachment_.states().interpreters()[thread.interpreter];
      if (of.address == interpreter) threads.push_back(thread.address);
    }
    const RawTasks raw = tasks_->Read(interpreter, threads);
    out.left_out += raw.left_out;
    if (raw.misfit) out.problem = "this release keeps them in a way that is not known";
    std::vector<RemoteAddress> coroutines;
    for (const RawTask& task : raw.tasks) coroutines.push_back(task.coroutine);
    std::vector<AwaitChain> chains = chains_->Follow(coroutines);
    absl::flat_hash_map<RemoteAddress, size_t> place;
    for (size_t i = 0; i < chains.size(); ++i) {
      const RemoteAddress loop = raw.tasks[i].loop;
      const auto [at, is_new] = place.emplace(loop, loops.size());
      if (is_new) loops.emplace_back(loop, std::vector<Found>());
      loops[at->second].second.push_back({raw.tasks[i], std::move(chains[i])});
    }
  }
  return loops;
}

absl::flat_hash_map<int, TaskSnapshot::Rest> TaskSnapshot::LookAtThreads() const {
  absl::flat_hash_map<int, Rest> rests;
  for (WatchedThread* thread : attachment_.threads()) {
    const std::optional<SchedStat> sched = thread->probe.ReadSchedStat();
    const std::optional<SyscallState> call = thread->probe.ReadSyscall();
    if (sched && call) rests[thread->tid] = {!call->running, sched->slices};
  }
  return rests;
}

bool TaskSnapshot::HasRun(int tid, const absl::flat_hash_map<int, Rest>& before) const {
  const auto rest = before.find(tid);
  if (rest == before.end() || !rest->second.blocked) return true;
  for (WatchedThread* thread : attachment_.threads()) {
    if (thread->tid != tid) continue;
    const std::optional<SchedStat> sched = thread->probe.ReadSchedStat();
    return !sched || sched->slices != rest->second.slices;
  }
  return true;
}

void TaskSnapshot::FindThreads(const ByLoop& loops) {
  bool unknown = false;
  for (const auto& [loop, found] : loops) {
    WatchedThread*& thread = thread_of_[loop];
    if (thread == nullptr) thread = ThreadOf(loop);
    unknown = unknown || thread == nullptr;
  }
  if (!unknown) return;
  WatchedThread* runner = OnlyRunner(loops);
  for (const auto& [loop, found] : loops) {
    WatchedThread*& thread = thread_of_[loop];
    if (thread == nullptr) thread = runner;
  }
}

WatchedThread* TaskSnapshot::ThreadOf(RemoteAddress loop) {
  const std::optional<uint64_t> id = tasks_->ThreadOf(loop);
  for (WatchedThread* thread : attachment_.threads()) {
    if (tasks_->LoopIn(thread->state.address) == loop) return thread;
    if (id && *id == thread->state.pthread_id) return thread;
  }
  return nullptr;
}

// Loops that keep their thread to themselves (uvloop): if there is only one of them, and only one
// thread that no other loop runs in has Lib/asyncio/runners.py on its stack, or there is only one
// thread at all, it runs there.
WatchedThread* TaskSnapshot::OnlyRunner(const ByLoop& loops) {
  absl::flat_hash_set<const WatchedThread*> taken;
  size_t unknown = 0;
  for (const auto& [loop, found] : loops) {
    const WatchedThread* thread = thread_of_[loop];
    if (thread == nullptr) ++unknown;
    taken.insert(thread);
  }
  if (unknown != 1) return nullptr;
  std::vector<WatchedThread*> runners;
  for (WatchedThread* thread : attachment_.threads()) {
    if (taken.contains(thread)) continue;
    const auto& frames = thread->stack.frames();
    const bool runs = std::any_of(frames.begin(), frames.end(), [this](const RawFrame& frame) {
      return FrameOf(frame).file.ends_with("/asyncio/runners.py");
    });
    if (runs || attachment_.threads().size() == 1) runners.push_back(thread);
  }
  return runners.size() == 1 ? runners.front() : nullptr;
}

void TaskSnapshot::Describe(const ByLoop& loops, SnapshotTasks& out) {
  absl::flat_hash_set<RemoteAddress> all;
  for (const auto& [loop, tasks] : loops) {
    for (const Found& found : tasks) all.insert(found.task.address);
  }
  Awaited awaited(attachment_.memory(), attachment_.interpreter().layout, *tasks_, all);
  for (const auto& [loop, tasks] : loops) {
    const WatchedThread* thread = thread_of_[loop];
    const size_t first = out.tasks.size();
    for (const Found& found : tasks) out.tasks.push_back(Describe(found, thread, awaited));
    std::sort(out.tasks.begin() + static_cast<ptrdiff_t>(first), out.tasks.end(), ComesBefore);
  }
}

SnapshotTask TaskSnapshot::Describe(const Found& found, const WatchedThread* thread,
                                    Awaited& awaited) {
  SnapshotTask out;
  out.id = found.task.address.value();
  out.loop = found.task.loop.value();
  out.name = tasks_->NameOf(found.task);
  out.truncated = found.chain.problem;
  if (found.chain.executing) AddRunningFrames(found.chain, thread, out);
  if (out.frames.empty()) {
    const std::vector<RawFrame>& frames = found.chain.frames;
    for (auto raw = frames.rbegin(); raw != frames.rend(); ++raw) {
      out.frames.push_back(FrameOf(*raw));
    }
  }
  out.awaits = awaited.By(found.task, found.chain, out.frames);
  out.state = found.chain.executing                    ? TaskState::kRunning
              : out.awaits.kind == AwaitKind::kNothing ? TaskState::kReady
                                                       : TaskState::kWaiting;
  return out;
}

// What a coroutine has called is on its thread's stack, above the coroutine's own frame.
void TaskSnapshot::AddRunningFrames(const AwaitChain& chain, const WatchedThread* thread,
                                    SnapshotTask& out) {
  if (thread == nullptr || chain.frames.empty()) return;
  const std::vector<RawFrame>& stack = thread->stack.frames();
  const auto root = std::find_if(stack.rbegin(), stack.rend(), [&chain](const RawFrame& frame) {
    return frame.code == chain.frames.front().code;
  });
  if (root == stack.rend()) return;
  for (auto raw = stack.begin(); raw != root.base(); ++raw) out.frames.push_back(FrameOf(*raw));
}

SnapshotFrame TaskSnapshot::FrameOf(const RawFrame& raw) {
  const auto known = frames_.find({raw.code, raw.instruction});
  if (known != frames_.end()) return known->second;
  SnapshotFrame frame;
  DescribePythonFrame(attachment_.codes(), raw, frame);
  return frames_[{raw.code, raw.instruction}] = frame;
}

}  // namespace spyhop
