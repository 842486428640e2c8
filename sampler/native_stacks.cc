#include "sampler/native_stacks.h"

namespace spyhop {
namespace {

// A stack that was not copied whole is copied so many times as far the next time.
constexpr size_t kGrowth = 4;

}  // namespace

SampleErrorCode NativeStacks::Result::problem() const {
  switch (end) {
    case UnwindEnd::kWhole:
      return fit == MergeFit::kMismatch ? SampleErrorCode::kNativeMismatch : SampleErrorCode::kNone;
    case UnwindEnd::kStackTooShort:
    case UnwindEnd::kTooDeep:
      return SampleErrorCode::kNativeTooShort;
    case UnwindEnd::kUnknownCode:
      return SampleErrorCode::kNativeUnknownCode;
    case UnwindEnd::kNoRow:
      return SampleErrorCode::kNativeNoTable;
    case UnwindEnd::kUnknownRegister:
      return SampleErrorCode::kNativeNoRegister;
    case UnwindEnd::kBadStack:
      break;
  }
  return SampleErrorCode::kNativeBadStack;
}

NativeStacks::NativeStacks(Attachment& attachment, NativeDetail detail)
    : attachment_(attachment),
      detail_(detail),
      functions_(attachment.files(), attachment.memory(), attachment.places(),
                 attachment.interpreter().layout) {}

NativeStacks::Result NativeStacks::Merge(const WatchedThread& thread, Nanos now) {
  const UnwindEnd end = UnwindFrames(*thread.native, now);
  const MergeFit fit = MergeStacks(roles_, end == UnwindEnd::kWhole, thread.stack, merged_);
  return Show(end, fit);
}

NativeStacks::Result NativeStacks::Unwind(const NativeCopy& copy, Nanos now) {
  const UnwindEnd end = UnwindFrames(copy, now);
  merged_.clear();
  for (uint32_t i = 0; i < roles_.size(); ++i) merged_.push_back({true, i});
  return Show(end, MergeFit::kWhole);
}

bool NativeStacks::Grow(NativeCopy& copy, const Result& result) {
  if (result.end != UnwindEnd::kStackTooShort || !copy.CanGrow()) return false;
  copy.Want(copy.wanted() * kGrowth);
  return true;
}

// Code that is in no known file may have been mapped since.
UnwindEnd NativeStacks::UnwindFrames(const NativeCopy& copy, Nanos now) {
  UnwindEnd end = attachment_.unwinder().Unwind(copy, unwound_);
  if (end == UnwindEnd::kUnknownCode) {
    attachment_.places().Of(unwound_.back().instruction(), now);
    end = attachment_.unwinder().Unwind(copy, unwound_);
  }
  functions_.Refresh();
  found_.clear();
  roles_.clear();
  for (const NativeFrame& frame : unwound_) {
    found_.push_back(&functions_.At(frame.instruction(), now));
  }
  for (size_t i = 0; i < unwound_.size(); ++i) roles_.push_back(RoleOf(i));
  return end;
}

// Of a stripped interpreter not all parts of the loop have a name (the opcodes of a tail-call
// build, the cold part of any): a frame is the loop's if the loop is what was called, or what was
// called is left by a jump to the loop, or a trampoline has called it, which calls nothing else.
NativeRole NativeStacks::RoleOf(size_t index) {
  const NativeFunction& function = *found_[index];
  if (function.has_name || function.role != NativeRole::kRuntime || index + 1 == found_.size()) {
    return function.role;
  }
  if (found_[index + 1]->IsTrampoline()) return NativeRole::kEvaluation;
  const RemoteAddress entry = attachment_.places().loop_entry();
  if (entry.is_null()) return function.role;
  ProcessUnwinder& unwinder = attachment_.unwinder();
  TargetCode& calls = unwinder.code();
  const RemoteAddress called = calls.CalledBefore(unwound_[index + 1].pc);
  if (called == entry) return NativeRole::kEvaluation;
  const std::optional<AddressRange> code = unwinder.FunctionAt(called);
  const bool left = code && !code->Contains(unwound_[index].instruction());
  return left && calls.JumpsTo(entry, *code) ? NativeRole::kEvaluation : function.role;
}

NativeStacks::Result NativeStacks::Show(UnwindEnd end, MergeFit fit) {
  if (detail_ == NativeDetail::kFolded) FoldInternals(roles_, merged_);
  shown_.clear();
  for (const MergedFrame& frame : merged_) {
    if (frame.is_native) {
      shown_.push_back({found_[frame.index], 0, unwound_[frame.index]});
    } else {
      shown_.push_back({nullptr, frame.index, {}});
    }
  }
  return {shown_, end, fit};
}

}  // namespace spyhop
