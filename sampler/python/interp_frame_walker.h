// Walks _PyInterpreterFrame chains: CPython 3.11 and later (pycore_frame.h).
//
// Ordinary frames lie in the thread's data-stack chunks (16 KiB each), so one request a chunk
// copies them at any depth; entry frames on the C stack and frames inside generators are remembered
// from the last sample as requests of their own.
#ifndef SPYHOP_SAMPLER_PYTHON_INTERP_FRAME_WALKER_H_
#define SPYHOP_SAMPLER_PYTHON_INTERP_FRAME_WALKER_H_

#include <vector>

#include "sampler/python/copy_set.h"
#include "sampler/python/frame_walker.h"

namespace spyhop {

class InterpFrameWalker : public FrameWalker {
 public:
  InterpFrameWalker(const Layout& layout, const WalkLimits& limits);

  void Prepare(RemoteMemory& memory, RemoteAddress tstate, const uint8_t* tstate_copy) override;
  void AppendTo(std::vector<ReadRequest>& batch) override;
  size_t Walk(RemoteMemory& memory, const ReadRequest* requests, RawStack& stack) noexcept override;
  bool missed() const override { return !copies_.fetched().empty(); }

 private:
  struct Chunk {
    RemoteAddress address;
    RemoteAddress previous;
    uint64_t used = 0;  // bytes from `address` that hold frames
  };
  enum class Step : uint8_t { kFrame, kShim, kEnd };

  void RefreshChunks(RemoteMemory& memory, RemoteAddress newest, RemoteAddress top);
  void AddChunkPieces();
  // Where the chain begins, out of the copies; false marks the stack.
  bool FindTop(RemoteMemory& memory, RawStack& stack, RemoteAddress& frame) noexcept;
  void WalkFrom(RemoteMemory& memory, RemoteAddress frame, RawStack& stack) noexcept;
  bool PushFrame(const uint8_t* copy, RemoteAddress frame, RawStack& stack) noexcept;

  const Layout& layout_;
  const WalkLimits limits_;
  RemoteAddress tstate_;
  RemoteAddress cframe_;
  std::vector<Chunk> chunks_;             // newest first
  std::vector<Chunk> scratch_;
  std::vector<RemoteAddress> outside_;    // frames outside the chunks, as last seen
  uint32_t unused_outside_ = 0;           // samples since outside_ was rebuilt
  RemoteAddress newest_;                  // chunk and top for which copies_ was made
  uint64_t copied_used_ = 0;
  bool copies_valid_ = false;
  CopySet copies_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_INTERP_FRAME_WALKER_H_
