#include "sampler/task_stacks.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "sampler/asyncio_debug.h"

namespace spyhop {
namespace {

constexpr size_t kMaxAwaiting = 100;
constexpr size_t kMaxMet = 1024;
constexpr Nanos kTryEvery = kSecond;  // asyncio may be imported later

std::string_view LastPart(std::string_view function) {
  return function.substr(function.rfind('.') + 1);
}

// Lib/asyncio/base_events.py and runners.py; uvloop's own loop is no Python code.
bool RunsLoop(const CodeInfo& code) {
  const std::string_view function = LastPart(code.function);
  return function == "run" || function == "run_forever" || function == "run_until_complete";
}

bool IsAsyncio(std::string_view file) {
  return file.find("/asyncio/") != file.npos || file.find("/uvloop/") != file.npos;
}

}  // namespace

TaskStacks::TaskStacks(Attachment& attachment) : attachment_(attachment) {}

TaskStack TaskStacks::Of(WatchedThread& thread, Nanos now) {
  attachment_.codes().Verify(thread.stack, now);
  const Outline outline = OutlineOf(thread.stack, now);
  if (outline.step) return Read(thread, outline, now);
  if (!outline.loop) return {};
  // A loop in C has no frame above the one that runs it, whose wait tells that it is idle.
  return {.place = TaskStack::Place::kLoop, .shown = std::max<size_t>(*outline.loop, 1)};
}

// From the root. A loop in C that the program itself has called has no frame: then any coroutine
// may be a task's.
TaskStacks::Outline TaskStacks::OutlineOf(const RawStack& stack, Nanos now) {
  Outline outline;
  Role caller = Role::kLoop;
  for (size_t i = stack.frames().size(); i-- > 0;) {
    const Role role = RoleOf(stack.frames()[i], now);
    const bool called_by_asyncio = caller == Role::kLoop || caller == Role::kAsyncio;
    if (role == Role::kLoop) {
      outline = {.loop = i, .step = std::nullopt};
    } else if (role == Role::kCoroutine && !outline.step && (called_by_asyncio || !outline.loop)) {
      outline.step = i;
    }
    caller = role;
  }
  return outline;
}

TaskStacks::Role TaskStacks::RoleOf(const RawFrame& frame, Nanos now) {
  const CodeInfo* code = frame.code.is_null() ? nullptr : attachment_.codes().Find(frame.code, now);
  if (code == nullptr) return Role::kOther;
  const auto [role, is_new] = roles_.try_emplace(code->serial, Role::kOther);
  if (!is_new) return role->second;
  if (code->generator) {
    role->second = Role::kCoroutine;
  } else if (IsAsyncio(code->file)) {
    role->second = RunsLoop(*code) ? Role::kLoop : Role::kAsyncio;
  }
  return role->second;
}

bool TaskStacks::IsReady(RemoteAddress interpreter, Nanos now) {
  if (awaiters_) return true;
  if (now < next_try_) return false;
  next_try_ = now + kTryEvery;
  const Interpreter& target = attachment_.interpreter();
  RemoteMemory& memory = attachment_.memory();
  const std::optional<AsyncioLayout> base = FindAsyncioLayout(target.layout);
  if (!base || !AsyncioTasks(memory, target.layout, *base).IsLoaded(interpreter)) return false;
  layout_ = CompleteAsyncioLayout(*base, target, attachment_.files(), memory);
  if (!layout_) return false;
  tasks_.emplace(memory, target.layout, *layout_);
  chains_.emplace(memory, target.layout, *layout_);
  awaiters_.emplace(memory, target.layout, *layout_);
  return true;
}

TaskStack TaskStacks::Read(WatchedThread& thread, const Outline& outline, Nanos now) {
  const TaskStack unknown{.place = outline.loop ? TaskStack::Place::kUnknown
                                                : TaskStack::Place::kNoLoop};
  const RemoteAddress interpreter =
      attachment_.states().interpreters()[thread.state.interpreter].address;
  if (!IsReady(interpreter, now)) return unknown;
  Links links;
  std::optional<size_t> step = ReadRunning(thread, links);
  if (!step) step = ReadMet(thread, *outline.step, links);
  return step ? Describe(links, outline, *step, thread.stack, now) : unknown;
}

// To 3.10 the stop copies less of the thread state; then it is what the round's look has seen.
std::optional<uint64_t> TaskStacks::SwitchesWhenCopied(const WatchedThread& thread) {
  const Field<uint64_t>& field = layout_->context_version;
  if (!field.present()) return std::nullopt;
  const RemoteAddress state = thread.state.address;
  const size_t size = attachment_.interpreter().layout.thread.size;
  const uint8_t* copy = thread.walker->Copied(state, size);
  return field.In(copy != nullptr ? copy : attachment_.states().copy_of(thread.state));
}

// One that is blocked has not run since its stack was read, or its slices would have moved.
bool TaskStacks::StepGoesOn(WatchedThread& thread) {
  if (thread.settled) {
    const std::optional<SchedStat> sched = thread.probe.ReadSchedStat();
    return sched && sched->slices == thread.settled_slices;
  }
  const std::optional<uint64_t> before = SwitchesWhenCopied(thread);
  return before && attachment_.memory().Read<uint64_t>(
                       layout_->context_version.At(thread.state.address)) == before;
}

// The task that runs now, if it is the one that ran in the sample; where its coroutine is on the
// stack.
std::optional<size_t> TaskStacks::ReadRunning(WatchedThread& thread, Links& links) {
  const RemoteAddress interpreter =
      attachment_.states().interpreters()[thread.state.interpreter].address;
  for (const RemoteAddress task : tasks_->Running(interpreter, thread.state.address)) {
    const std::optional<size_t> step = FrameOf(task, thread.stack);
    if (!step) continue;
    links.clear();
    if (!ReadLinks(task, links) || !StepGoesOn(thread)) return std::nullopt;
    if (met_.size() == kMaxMet) met_.clear();
    met_[thread.stack.frames()[*step].address] = {links, tasks_->NameOf(links.front().task)};
    return step;
  }
  return std::nullopt;
}

std::optional<size_t> TaskStacks::ReadMet(WatchedThread& thread, size_t step, Links& links) {
  const auto found = met_.find(thread.stack.frames()[step].address);
  if (found == met_.end() || !IsNumberedTask(found->second.name)) return std::nullopt;
  const Met& met = found->second;
  links.clear();
  const RemoteAddress task = met.links.front().task.address;
  if (FrameOf(task, thread.stack) != step || !ReadLinks(task, links)) return std::nullopt;
  const bool same = links == met.links && tasks_->NameOf(links.front().task) == met.name;
  return same ? std::optional(step) : std::nullopt;
}

// Where the frame of the task's coroutine is on the stack.
std::optional<size_t> TaskStacks::FrameOf(RemoteAddress task, const RawStack& stack) {
  const std::optional<RawTask> found = tasks_->Find(task);
  if (!found) return std::nullopt;
  const GeneratorLayout& generator = attachment_.interpreter().layout.generator;
  const RemoteAddress frame =
      generator.gi_iframe.present()
          ? generator.gi_iframe.At(found->coroutine)
          : attachment_.memory()
                .ReadPointer(layout_->suspension.gi_frame.At(found->coroutine))
                .value_or(RemoteAddress());
  const auto& frames = stack.frames();
  const auto at = std::find_if(frames.begin(), frames.end(),
                               [frame](const RawFrame& each) { return each.address == frame; });
  if (at == frames.end() || frame.is_null()) return std::nullopt;
  return static_cast<size_t>(at - frames.begin());
}

// The task, who awaits it, who awaits that one ... False when that is no longer as it was.
bool TaskStacks::ReadLinks(RemoteAddress task, Links& links) {
  std::vector<RemoteAddress> coroutines;
  for (std::optional<RemoteAddress> next = task; next && links.size() < kMaxAwaiting;
       next = awaiters_->Of(*next)) {
    std::optional<RawTask> found = tasks_->Find(*next);
    const bool in_circle = std::any_of(links.begin(), links.end(), [&next](const Link& link) {
      return link.task.address == *next;
    });
    if (!found || in_circle) return false;
    if (links.empty()) found->waits_for = RemoteAddress();  // it runs, or did
    if (!links.empty()) coroutines.push_back(found->coroutine);
    links.push_back({*found, {}});
  }
  std::vector<RawTask> tasks;
  for (const Link& link : links) tasks.push_back(link.task);
  tasks_->ReadNames(tasks);
  std::vector<AwaitChain> chains = chains_->Follow(coroutines);
  for (size_t i = 0; i < chains.size(); ++i) {
    if (chains[i].executing) return false;
    links[i + 1].chain = std::move(chains[i]);
  }
  return true;
}

// An eager task (3.12+) is run by the frames of the one that makes it, which stay.
TaskStack TaskStacks::Describe(const Links& links, const Outline& outline, size_t step,
                               const RawStack& stack, Nanos now) {
  awaiting_.clear();
  for (size_t i = links.size(); i-- > 1;) {
    const AwaitChain& chain = links[i].chain;
    const RawFrame coroutine = chain.frames.empty() ? RawFrame() : chain.frames.front();
    awaiting_.push_back({LabelOf(links[i].task, coroutine, now), chain.frames});
  }
  return {.place = TaskStack::Place::kTask,
          .shown = std::max(outline.step.value_or(step), step) + 1,
          .awaiting = awaiting_,
          .step = step,
          .label = LabelOf(links.front().task, stack.frames()[step], now)};
}

std::string TaskStacks::LabelOf(const RawTask& task, const RawFrame& coroutine, Nanos now) {
  const CodeInfo* code =
      coroutine.code.is_null() ? nullptr : attachment_.codes().Find(coroutine.code, now);
  return names_.LabelOf(tasks_->NameOf(task), code == nullptr ? "?" : code->function);
}

}  // namespace spyhop
