// Walks _PyInterpreterFrame chains: CPython 3.11 and later (pycore_frame.h).
//
// Ordinary frames lie in the thread's data-stack chunks (16 KiB each), so one request a chunk
// copies them at any depth; entry frames on the C stack and frames inside generators are remembered
// from the last sample as requests of their own.
#ifndef SPYHOP_SAMPLER_PYTHON_INTERP_FRAME_WALKER_H_
#define SPYHOP_SAMPLER_PYTHON_INTERP_FRAME_WALKER_H_

#include <optional>
#include <vector>

#include "sampler/python/copy_set.h"
#include "sampler/python/frame_walker.h"

namespace spyhop {

class InterpFrameWalker : public FrameWalker {
 public:
  explicit InterpFrameWalker(const Layout& layout);

  void Prepare(RemoteMemory& memory, RemoteAddress tstate, const uint8_t* tstate_copy,
               CopyBudget budget) override;
  void AppendTo(std::vector<ReadRequest>& batch) override;
  size_t Walk(RemoteMemory& memory, const ReadRequest* requests, RawStack& stack) noexcept override;
  const uint8_t* Copied(RemoteAddress address, size_t size) noexcept override;
  bool missed() const override { return !copies_.fetched().empty(); }

 private:
  struct Chunk {
    RemoteAddress address;
    RemoteAddress previous;
    uint64_t used = 0;  // bytes from `address` that hold frames
    uint64_t allocated = 0;
  };

  void LearnOutside();
  void RefreshChunks(RemoteMemory& memory, RemoteAddress newest, RemoteAddress top);
  std::optional<Chunk> ReadChunk(RemoteMemory& memory, RemoteAddress address) const;
  void AddChunkPieces(CopyBudget budget);
  void AddNewestChunk(const Chunk& chunk);
  // Where the chain begins, out of the copies; false marks the stack.
  bool FindTop(RemoteMemory& memory, RawStack& stack, RemoteAddress& frame) noexcept;
  bool AbovePoppedFrames(const uint8_t* tstate, RemoteAddress frame) const noexcept;
  void WalkFrom(RemoteMemory& memory, RemoteAddress frame, RawStack& stack) noexcept;
  // Is this a frame that a thread's stack can begin with?
  bool IsRoot(const uint8_t* frame_copy) const noexcept;
  // The frame on which the walk goes on when the middle of a deep stack was not copied; null when
  // `frame` is not in such a middle.
  RemoteAddress BeyondTheGap(RemoteAddress frame) const noexcept;
  bool InChunks(RemoteAddress frame) noexcept;
  bool PushFrame(const uint8_t* copy, RemoteAddress frame, RawStack& stack) noexcept;

  const Layout& layout_;
  RemoteAddress tstate_;
  RemoteAddress cframe_;
  CopyBudget budget_ = CopyBudget::kWhole;
  std::vector<Chunk> chunks_;  // newest first
  std::vector<Chunk> scratch_;
  size_t last_chunk_hit_ = 0;
  // Chunks [gap_begin_, gap_end_) are not copied, but for the oldest one's first frame.
  size_t gap_begin_ = 0;
  size_t gap_end_ = 0;
  // Frames outside the chunks: those copied, and those the last walk met.
  std::vector<RemoteAddress> outside_;
  std::vector<RemoteAddress> met_outside_;
  uint32_t age_ = 0;          // samples since outside_ was weeded
  uint64_t copied_used_ = 0;  // of the newest chunk
  bool copies_valid_ = false;
  CopySet copies_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_INTERP_FRAME_WALKER_H_
