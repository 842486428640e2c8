// Walks PyFrameObject chains: CPython 2.7 and 3.6 to 3.10 (Include/frameobject.h).
//
// Frames are heap objects, so one request a frame: the addresses of the last sample, brought up to
// date by a look at the chain before the stop.
#ifndef SPYHOP_SAMPLER_PYTHON_CLASSIC_WALKER_H_
#define SPYHOP_SAMPLER_PYTHON_CLASSIC_WALKER_H_

#include <vector>

#include "sampler/python/copy_set.h"
#include "sampler/python/frame_walker.h"

namespace spyhop {

class ClassicWalker : public FrameWalker {
 public:
  explicit ClassicWalker(const Layout& layout);

  void Prepare(RemoteMemory& memory, RemoteAddress tstate, const uint8_t* tstate_copy,
               CopyBudget budget) override;
  void AppendTo(std::vector<ReadRequest>& batch) override;
  size_t Walk(RemoteMemory& memory, const ReadRequest* requests, RawStack& stack) noexcept override;
  bool missed() const override { return !copies_.fetched().empty(); }

 private:
  void FollowChain(RemoteMemory& memory, RemoteAddress frame);
  void WalkFrom(RemoteMemory& memory, RemoteAddress frame, RawStack& stack) noexcept;

  const Layout& layout_;
  const size_t frame_bytes_;  // up to the last field needed
  RemoteAddress tstate_;
  std::vector<RemoteAddress> chain_;  // leaf first, as last seen
  std::vector<RemoteAddress> scratch_;
  // With a bounded budget: so many frames from the leaf, then on from this one near the root.
  size_t leaf_frames_ = 0;
  RemoteAddress resume_at_;
  CopySet copies_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_CLASSIC_WALKER_H_
