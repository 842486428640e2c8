#include "sampler/stack_resolver.h"

#include <string>

#include "sampler/target/syscall_names.h"

namespace spyhop {
namespace {

// Tells, from the root on, which frames of a merged stack a logical one leaves out: those of the
// loop, and what leads from it to the task's step.
class LoopCut {
 public:
  explicit LoopCut(const TaskStack* logical) : logical_(logical), past_(logical == nullptr) {}

  bool LeavesOut(const NativeStacks::Frame& frame) {
    if (past_) return false;
    if (frame.function != nullptr) return true;
    const bool shown = frame.python < logical_->shown;
    const bool last = logical_->place == TaskStack::Place::kLoop && frame.python == logical_->shown;
    past_ = shown || last;
    return !shown;
  }

 private:
  const TaskStack* logical_;
  bool past_;
};

}  // namespace

StackResolver::Result StackResolver::Resolve(const RawStack& raw, bool collecting, Nanos now) {
  codes_.Verify(raw, now);
  if (BeginsInGenerator(raw, now)) {
    last_.clear();
    return {kNoStack, SampleErrorCode::kIncompleteFrame};
  }
  Result result{kNoStack, raw.error().code};
  StackId root = kNoStack;
  if (!raw.has_root()) {
    root = profile_.stacks().Push(kNoStack, MarkerFrame(kLeftOutFrames, FrameKind::kPython));
  }
  if (!last_.empty() && profile_.stacks().Parent(last_.front().stack) != root) last_.clear();
  result.stack = root;
  size_t depth = 0;
  for (auto frame = raw.frames().rbegin(); frame != raw.frames().rend(); ++frame, ++depth) {
    const bool gap = frame->code.is_null();
    const CodeInfo* code = gap ? nullptr : codes_.Find(frame->code, now);
    const uint32_t serial = code == nullptr ? 0 : code->serial;
    if (depth < last_.size() && last_[depth].serial == serial && serial != 0 &&
        last_[depth].instruction == frame->instruction) {
      result.stack = last_[depth].stack;
      continue;
    }
    last_.resize(depth);
    if (code == nullptr && !gap) result.truncated = SampleErrorCode::kBadCode;
    const char* marker = gap ? kLeftOutFrames : kUnknownFrame;
    const FrameId id =
        code == nullptr ? MarkerFrame(marker, FrameKind::kPython) : FrameOf(*frame, *code);
    result.stack = profile_.stacks().Push(result.stack, id);
    last_.push_back({serial, frame->instruction, result.stack});
  }
  last_.resize(depth);
  if (result.stack == kNoStack) {
    result.stack =
        profile_.stacks().Push(kNoStack, MarkerFrame(kNoPythonFrame, FrameKind::kNative));
  }
  if (collecting) {
    result.stack =
        profile_.stacks().Push(result.stack, MarkerFrame(kGarbageCollection, FrameKind::kGc));
  }
  return result;
}

// Nobody's stack does: it was met just before its caller was linked to it.
bool StackResolver::BeginsInGenerator(const RawStack& raw, Nanos now) {
  if (raw.frames().empty() || !raw.has_root()) return false;
  const RawFrame& root = raw.frames().back();
  const CodeInfo* code = root.code.is_null() ? nullptr : codes_.Find(root.code, now);
  return code != nullptr && code->generator;
}

StackResolver::Result StackResolver::ResolveMerged(const RawStack& raw,
                                                   const NativeStacks::Result& merged,
                                                   const StoppedAt& where, const TaskStack* logical,
                                                   Nanos now) {
  codes_.Verify(raw, now);
  if (BeginsInGenerator(raw, now)) return {kNoStack, SampleErrorCode::kIncompleteFrame};
  Result result{kNoStack, raw.whole() ? merged.problem() : raw.error().code};
  StackTrie& stacks = profile_.stacks();
  if (logical != nullptr) PushAwaiting(*logical, now, result);
  LoopCut cut(logical);
  for (auto frame = merged.frames.rbegin(); frame != merged.frames.rend(); ++frame) {
    if (cut.LeavesOut(*frame)) continue;
    if (frame->function != nullptr) {
      result.stack = stacks.Push(result.stack, FrameOf(*frame->function));
      continue;
    }
    PushFrame(raw, frame->python, logical, now, result);
  }
  if (where.system_call >= 0) {
    PushMarker(SyscallName(where.system_call).c_str(), FrameKind::kKernel, result);
  }
  return result;
}

void StackResolver::PushPython(const RawFrame& frame, Nanos now, Result& result) {
  const bool gap = frame.code.is_null();
  const CodeInfo* code = gap ? nullptr : codes_.Find(frame.code, now);
  if (code == nullptr && !gap) result.truncated = SampleErrorCode::kBadCode;
  if (code == nullptr) {
    return PushMarker(gap ? kLeftOutFrames : kUnknownFrame, FrameKind::kPython, result);
  }
  result.stack = profile_.stacks().Push(result.stack, FrameOf(frame, *code));
}

void StackResolver::PushMarker(const char* function, FrameKind kind, Result& result) {
  result.stack = profile_.stacks().Push(result.stack, MarkerFrame(function, kind));
}

void StackResolver::PushAwaiting(const TaskStack& logical, Nanos now, Result& result) {
  if (logical.place == TaskStack::Place::kLoop) {
    return PushMarker(kEventLoop, FrameKind::kPython, result);
  }
  for (const AwaitingTask& task : logical.awaiting) {
    PushMarker(task.label.c_str(), FrameKind::kPython, result);
    for (const RawFrame& frame : task.frames) PushPython(frame, now, result);
  }
}

// One of the thread's own stack.
void StackResolver::PushFrame(const RawStack& raw, size_t index, const TaskStack* logical,
                              Nanos now, Result& result) {
  const bool begins_step =
      logical != nullptr && logical->place == TaskStack::Place::kTask && index == logical->step;
  if (begins_step) PushMarker(logical->label.c_str(), FrameKind::kPython, result);
  PushPython(raw.frames()[index], now, result);
}

StackResolver::Result StackResolver::ResolveTask(const RawStack& raw, const TaskStack& logical,
                                                 bool collecting, Nanos now) {
  codes_.Verify(raw, now);
  last_.clear();
  Result result{kNoStack, raw.error().code};
  PushAwaiting(logical, now, result);
  for (size_t i = logical.shown; i-- > 0;) PushFrame(raw, i, &logical, now, result);
  if (collecting) PushMarker(kGarbageCollection, FrameKind::kGc, result);
  return result;
}

FrameId StackResolver::FrameOf(const NativeFunction& function) {
  Frame made;
  made.file = profile_.strings().Intern(function.module);
  made.function = profile_.strings().Intern(function.name);
  made.kind = FrameKind::kNative;
  return profile_.frames().Intern(made);
}

FrameId StackResolver::FrameOf(const RawFrame& frame, const CodeInfo& code) {
  const auto offset = static_cast<uint32_t>(codes_.InstructionOffset(frame));
  const uint64_t key = uint64_t{code.serial} << 32 | offset;
  const auto found = frames_.find(key);
  if (found != frames_.end()) return found->second;
  Frame made;
  made.file = profile_.strings().Intern(code.file);
  made.function = profile_.strings().Intern(code.function);
  made.line = codes_.PositionOf(code, frame).line;
  const FrameId id = profile_.frames().Intern(made);
  frames_[key] = id;
  return id;
}

FrameId StackResolver::MarkerFrame(const char* function, FrameKind kind) {
  Frame marker;
  marker.function = profile_.strings().Intern(function);
  marker.kind = kind;
  return profile_.frames().Intern(marker);
}

}  // namespace spyhop
