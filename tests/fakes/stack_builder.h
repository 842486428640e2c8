// A thread state with a Python stack in a FakeMemory, for any layout: what CPython would have put
// there. Frames are named by numbers; the code object of number n lies at CodeAddress(n) and need
// not be readable for a walk.
#ifndef SPYHOP_TESTS_FAKES_STACK_BUILDER_H_
#define SPYHOP_TESTS_FAKES_STACK_BUILDER_H_

#include <cstdint>
#include <vector>

#include "base/address.h"
#include "interp_layouts/layout.h"
#include "tests/fakes/fake_memory.h"

namespace spyhop {

class StackBuilder {
 public:
  static constexpr uint64_t kChunkSize = 16384;

  // An empty stack; the thread state lies at `base`, all else behind it.
  StackBuilder(FakeMemory& memory, const Layout& layout, RemoteAddress base);

  static RemoteAddress CodeAddress(uint64_t number) {
    return RemoteAddress(0x500000000000 + number * 1024);
  }
  static uint64_t Instruction(uint64_t number) { return 0x7000 + 2 * number; }

  // Each becomes the leaf.
  void Push(uint64_t number);         // an ordinary frame
  void PushOutside(uint64_t number);  // a generator's frame (3.11+); before: an ordinary one
  void PushShim();                    // 3.12+; before: nothing
  void Pop();                         // whatever is the leaf
  // `count` ordinary frames, numbered from `first`.
  void PushMany(uint64_t first, size_t count);

  // As if the thread had been stopped between two stores.
  void SetCurrentFrame(RemoteAddress frame);

  RemoteAddress tstate() const { return base_; }
  RemoteAddress leaf() const { return frames_.back().address; }
  std::vector<uint8_t> TstateCopy();
  const Layout& layout() const { return layout_; }

 private:
  struct FrameRecord {
    RemoteAddress address;
    bool in_chunk = false;
    bool new_chunk = false;  // it begins a chunk
  };

  bool Chunked() const { return layout_.features.frame_model != FrameModel::kFrameObjects; }
  uint64_t FrameSize() const { return layout_.iframe.size + 4 * sizeof(uint64_t); }
  RemoteAddress AllocateOutside(uint64_t size);
  RemoteAddress AllocateInChunk(bool& new_chunk);
  void WriteFrame(RemoteAddress frame, RemoteAddress code, uint64_t instruction, uint8_t owner);
  void SetTop();

  FakeMemory& memory_;
  const Layout& layout_;
  const RemoteAddress base_;
  RemoteAddress cframe_;
  uint64_t next_outside_;
  uint64_t next_chunk_;
  struct ChunkRecord {
    RemoteAddress address;
    uint64_t used;
  };
  std::vector<ChunkRecord> chunks_;  // oldest first
  std::vector<FrameRecord> frames_;  // root first
};

}  // namespace spyhop

#endif  // SPYHOP_TESTS_FAKES_STACK_BUILDER_H_
