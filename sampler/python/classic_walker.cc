#include "sampler/python/classic_walker.h"

#include <algorithm>

namespace spyhop {
namespace {

// Copied in one stop: 1,000 requests are one system call and 0.17 ms.
constexpr size_t kBoundedLeafFrames = 960;
constexpr size_t kBoundedRootFrames = 40;

size_t BytesNeeded(const FrameObjectLayout& frame) {
  return std::max({frame.f_back.end(), frame.f_code.end(), frame.f_lasti.end()});
}

}  // namespace

ClassicWalker::ClassicWalker(const Layout& layout)
    : layout_(layout),
      frame_bytes_(BytesNeeded(layout.frame_object)),
      copies_(kMaxFetches, kMaxFetches * (BytesNeeded(layout.frame_object) + 16)) {}

void ClassicWalker::Prepare(RemoteMemory& memory, RemoteAddress tstate, const uint8_t* tstate_copy,
                            CopyBudget budget) {
  tstate_ = tstate;
  const RemoteAddress top = layout_.thread.frame.In(tstate_copy);
  if (chain_.empty() || chain_.front() != top) FollowChain(memory, top);
  copies_.Reset();
  copies_.Add(layout_.thread.frame.At(tstate_), sizeof(RemoteAddress));
  const bool fold =
      budget == CopyBudget::kBounded && chain_.size() > kBoundedLeafFrames + kBoundedRootFrames;
  leaf_frames_ = fold ? kBoundedLeafFrames : kMaxFrames;
  const size_t root_begin = fold ? chain_.size() - kBoundedRootFrames : 0;
  resume_at_ = fold ? chain_[root_begin] : RemoteAddress();
  for (size_t i = 0; i < chain_.size(); ++i) {
    if (i < leaf_frames_ || i >= root_begin) copies_.Add(chain_[i], frame_bytes_);
  }
}

// The target runs: what is found is a guess. New frames are followed until the chain meets the one
// of the last sample.
void ClassicWalker::FollowChain(RemoteMemory& memory, RemoteAddress frame) {
  scratch_.clear();
  while (frame.MayHoldPointer() && scratch_.size() < kMaxFrames) {
    const auto known = std::find(chain_.begin(), chain_.end(), frame);
    if (known != chain_.end()) {
      scratch_.insert(scratch_.end(), known, chain_.end());
      break;
    }
    scratch_.push_back(frame);
    const std::optional<RemoteAddress> back =
        memory.ReadPointer(layout_.frame_object.f_back.At(frame));
    if (!back) break;
    frame = *back;
  }
  if (scratch_.size() > kMaxFrames) scratch_.resize(kMaxFrames);
  chain_.swap(scratch_);
}

void ClassicWalker::AppendTo(std::vector<ReadRequest>& batch) { copies_.AppendTo(batch); }

size_t ClassicWalker::Walk(RemoteMemory& memory, const ReadRequest* requests,
                           RawStack& stack) noexcept {
  stack.Clear();
  copies_.Settle(requests);
  const uint8_t* top = copies_.Find(layout_.thread.frame.At(tstate_), sizeof(RemoteAddress));
  if (top == nullptr) {
    stack.Truncate(SampleErrorCode::kUnreadable, tstate_);
  } else {
    WalkFrom(memory, PointerField{0}.In(top), stack);
  }
  return copies_.pieces();
}

// A frame near the root is known from before the stop. That it is still on this stack shows in its
// chain: frame_dealloc clears f_back (Objects/frameobject.c), so a chain of forty that ends in the
// thread's first frame is alive.
void ClassicWalker::WalkFrom(RemoteMemory& memory, RemoteAddress frame, RawStack& stack) noexcept {
  const FrameObjectLayout& fields = layout_.frame_object;
  for (size_t count = 0; !frame.is_null(); ++count) {
    if (count == leaf_frames_ && !resume_at_.is_null()) {
      if (!stack.PushGap()) return stack.Truncate(SampleErrorCode::kTooDeep, frame);
      frame = resume_at_;
    }
    if (count == kMaxFrames) return stack.Truncate(SampleErrorCode::kTooDeep, frame);
    if (!frame.MayHoldPointer()) return stack.Truncate(SampleErrorCode::kBadPointer, frame);
    const uint8_t* copy = copies_.FindOrFetch(memory, frame, frame_bytes_);
    if (copy == nullptr) return stack.Truncate(SampleErrorCode::kUnreadable, frame);
    const RemoteAddress code = fields.f_code.In(copy);
    if (!code.MayHoldPointer()) return stack.Truncate(SampleErrorCode::kBadPointer, frame);
    const auto lasti = static_cast<uint64_t>(int64_t{fields.f_lasti.In(copy)});
    if (!stack.Push({code, lasti, true, frame})) {
      return stack.Truncate(SampleErrorCode::kTooDeep, frame);
    }
    const RemoteAddress back = fields.f_back.In(copy);
    if (back == frame) return stack.Truncate(SampleErrorCode::kNoProgress, frame);
    frame = back;
  }
}

}  // namespace spyhop
