// A Python stack as it was copied, before names and lines are looked up.
#ifndef SPYHOP_SAMPLER_PYTHON_RAW_STACK_H_
#define SPYHOP_SAMPLER_PYTHON_RAW_STACK_H_

#include <cstdint>
#include <vector>

#include "base/address.h"
#include "base/sample_error.h"

namespace spyhop {

struct RawFrame {
  RemoteAddress code;        // PyCodeObject, tag bits removed; null stands for frames left out
  uint64_t instruction = 0;  // as in memory; Features::instruction_unit says what it is
  bool entry = false;        // bottom frame of one C evaluation
  RemoteAddress address;     // of the frame itself: frames at two addresses may be the same call

  friend bool operator==(const RawFrame& a, const RawFrame& b) {
    return a.code == b.code && a.instruction == b.instruction && a.entry == b.entry;
  }
};

// Frames leaf first. Capacity is reserved once, so that filling it while the target is stopped
// allocates nothing; deeper frames are left out and the stack is marked.
class RawStack {
 public:
  explicit RawStack(size_t max_frames) { frames_.reserve(max_frames); }

  void Clear() {
    frames_.clear();
    error_ = {};
    has_root_ = true;
  }
  // False when there is no room.
  bool Push(const RawFrame& frame) noexcept {
    if (frames_.size() == frames_.capacity()) return false;
    frames_.push_back(frame);
    return true;
  }
  // Frames between the last one and the next were left out; how many is not known.
  bool PushGap() noexcept {
    error_ = {RemoteAddress(), SampleErrorCode::kTooDeep};
    return Push({});
  }
  // The walk ended here, before the root.
  void Truncate(SampleErrorCode code, RemoteAddress address) noexcept {
    error_ = {address, code};
    has_root_ = false;
  }
  void MarkEntry() noexcept {
    if (!frames_.empty()) frames_.back().entry = true;
  }

  const std::vector<RawFrame>& frames() const { return frames_; }
  const SampleError& error() const { return error_; }
  bool whole() const { return error_.code == SampleErrorCode::kNone; }
  // False when the walk did not reach the thread's first frame.
  bool has_root() const { return has_root_; }

  // Are these one and the same stack, read twice? The leaf's instruction moves all the time and
  // does not count.
  bool SameChain(const RawStack& other) const;

 private:
  std::vector<RawFrame> frames_;
  SampleError error_;
  bool has_root_ = true;
};

inline bool RawStack::SameChain(const RawStack& other) const {
  if (frames_.size() != other.frames_.size() || error_.code != other.error_.code) return false;
  for (size_t i = 0; i < frames_.size(); ++i) {
    const RawFrame& a = frames_[i];
    const RawFrame& b = other.frames_[i];
    if (a.code != b.code || a.entry != b.entry) return false;
    if (i != 0 && a.instruction != b.instruction) return false;
  }
  return true;
}

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_RAW_STACK_H_
