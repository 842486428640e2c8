#include "sampler/stack_resolver.h"

#include <string>

#include "sampler/target/syscall_names.h"

namespace spyhop {

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
                                                   const StoppedAt& where, Nanos now) {
  codes_.Verify(raw, now);
  if (BeginsInGenerator(raw, now)) return {kNoStack, SampleErrorCode::kIncompleteFrame};
  Result result{kNoStack, raw.whole() ? merged.problem() : raw.error().code};
  StackTrie& stacks = profile_.stacks();
  for (auto frame = merged.frames.rbegin(); frame != merged.frames.rend(); ++frame) {
    if (frame->function != nullptr) {
      result.stack = stacks.Push(result.stack, FrameOf(*frame->function));
      continue;
    }
    const RawFrame& python = raw.frames()[frame->python];
    const bool gap = python.code.is_null();
    const CodeInfo* code = gap ? nullptr : codes_.Find(python.code, now);
    if (code == nullptr && !gap) result.truncated = SampleErrorCode::kBadCode;
    const char* marker = gap ? kLeftOutFrames : kUnknownFrame;
    const FrameId id =
        code == nullptr ? MarkerFrame(marker, FrameKind::kPython) : FrameOf(python, *code);
    result.stack = stacks.Push(result.stack, id);
  }
  if (where.system_call >= 0) {
    const std::string call = SyscallName(where.system_call);
    result.stack = stacks.Push(result.stack, MarkerFrame(call.c_str(), FrameKind::kKernel));
  }
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
