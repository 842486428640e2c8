// The native stack of a thread as a round has copied it, unwound, named and merged with its Python
// stack.
//
// Runs after the target has been resumed: some 0.2 us to unwind 20 frames and as much to look them
// up, once their code has been met. Not thread-safe.
#ifndef SPYHOP_SAMPLER_NATIVE_STACKS_H_
#define SPYHOP_SAMPLER_NATIVE_STACKS_H_

#include <vector>

#include "absl/types/span.h"
#include "base/clock.h"
#include "base/sample_error.h"
#include "sampler/attachment.h"
#include "sampler/native_functions.h"
#include "sampler/native_merge.h"
#include "sampler/sampler.h"
#include "sampler/watched_thread.h"

namespace spyhop {

class NativeStacks {
 public:
  // `attachment` must outlive this.
  NativeStacks(Attachment& attachment, NativeDetail detail);

  struct Frame {
    const NativeFunction* function = nullptr;  // null: a Python frame,
    uint32_t python = 0;                       // this one of the thread's RawStack
    NativeFrame native;
  };
  // Valid until the next call.
  struct Result {
    absl::Span<const Frame> frames;  // leaf first
    UnwindEnd end = UnwindEnd::kWhole;
    MergeFit fit = MergeFit::kWhole;

    // Why it is not the whole stack; kNone when it is.
    SampleErrorCode problem() const;
  };
  // Of a thread that has_native.
  Result Merge(const WatchedThread& thread, Nanos now);
  // Of one without Python frames.
  Result Unwind(const NativeCopy& copy, Nanos now);
  // See NativeFunctions::LineAt.
  std::optional<LineInfo::Place> LineOf(const Frame& frame) {
    return functions_.LineAt(frame.native.instruction());
  }
  // Whether a next, larger copy may hold what this one did not; asks for it.
  static bool Grow(NativeCopy& copy, const Result& result);

 private:
  UnwindEnd UnwindFrames(const NativeCopy& copy, Nanos now);
  NativeRole RoleOf(size_t index);
  Result Show(UnwindEnd end, MergeFit fit);

  Attachment& attachment_;
  const NativeDetail detail_;
  NativeFunctions functions_;
  // Of one thread; kept for their capacity.
  std::vector<NativeFrame> unwound_;
  std::vector<const NativeFunction*> found_;
  std::vector<NativeRole> roles_;
  std::vector<MergedFrame> merged_;
  std::vector<Frame> shown_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_NATIVE_STACKS_H_
