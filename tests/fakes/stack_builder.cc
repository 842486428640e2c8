#include "tests/fakes/stack_builder.h"

namespace spyhop {

StackBuilder::StackBuilder(FakeMemory& memory, const Layout& layout, RemoteAddress base)
    : memory_(memory),
      layout_(layout),
      base_(base),
      next_outside_(base.value() + 0x10000),
      next_chunk_(base.value() + 0x10000000) {
  memory_.Fill(base_, layout_.thread.size);
  if (layout_.thread.cframe.present()) {
    cframe_ = AllocateOutside(64);
    memory_.Set(layout_.thread.cframe.At(base_), cframe_);
    next_outside_ += FakeMemory::kPageSize;  // a test can unmap a frame without it
  }
  SetTop();
}

RemoteAddress StackBuilder::AllocateOutside(uint64_t size) {
  const RemoteAddress address(next_outside_);
  next_outside_ += (size + 63) & ~uint64_t{63};
  memory_.Fill(address, size);
  return address;
}

// As push_chunk in Python/pystate.c: the size of the chunk that is left is noted in it, and the
// first frame of a new one begins at its data (after one word, in a thread's first chunk).
RemoteAddress StackBuilder::AllocateInChunk(bool& new_chunk) {
  const StackChunkLayout& fields = layout_.chunk;
  new_chunk = chunks_.empty() || chunks_.back().used + FrameSize() > kChunkSize;
  if (new_chunk) {
    const RemoteAddress previous = chunks_.empty() ? RemoteAddress() : chunks_.back().address;
    if (!chunks_.empty()) {
      memory_.Set(fields.top.At(previous), (chunks_.back().used - fields.data.offset) / 8);
    }
    const RemoteAddress chunk(next_chunk_);
    next_chunk_ += 2 * kChunkSize;
    memory_.Fill(chunk, kChunkSize);
    memory_.Set(fields.previous.At(chunk), previous);
    memory_.Set(fields.allocated.At(chunk), kChunkSize);
    chunks_.push_back({chunk, fields.data.offset + (previous.is_null() ? 8u : 0u)});
  }
  ChunkRecord& chunk = chunks_.back();
  const RemoteAddress frame = chunk.address.Plus(chunk.used);
  chunk.used += FrameSize();
  return frame;
}

void StackBuilder::WriteFrame(RemoteAddress frame, RemoteAddress code, uint64_t instruction,
                              uint8_t owner) {
  const RemoteAddress previous = frames_.empty() ? RemoteAddress() : frames_.back().address;
  if (!Chunked()) {
    const FrameObjectLayout& fields = layout_.frame_object;
    memory_.Set(fields.f_back.At(frame), previous);
    memory_.Set(fields.f_code.At(frame), code);
    memory_.Set(fields.f_lasti.At(frame), static_cast<int32_t>(instruction));
    return;
  }
  const InterpreterFrameLayout& fields = layout_.iframe;
  memory_.Set(fields.previous.At(frame), previous);
  memory_.Set(fields.code.At(frame), RemoteAddress(code.value() | layout_.features.code_tag_mask));
  memory_.Set(fields.instr_ptr.At(frame), instruction);
  memory_.Set(fields.owner.At(frame), owner);
}

void StackBuilder::Push(uint64_t number) {
  FrameRecord record;
  record.in_chunk = Chunked();
  record.address = record.in_chunk ? AllocateInChunk(record.new_chunk)
                                   : AllocateOutside(layout_.frame_object.size);
  WriteFrame(record.address, CodeAddress(number), Instruction(number),
             layout_.features.owners.thread);
  frames_.push_back(record);
  SetTop();
}

void StackBuilder::PushOutside(uint64_t number) {
  if (!Chunked()) return Push(number);
  const RemoteAddress frame = AllocateOutside(FrameSize());
  WriteFrame(frame, CodeAddress(number), Instruction(number), layout_.features.owners.generator);
  frames_.push_back({frame, false, false});
  SetTop();
}

void StackBuilder::PushShim() {
  if (layout_.features.entry_marker != EntryMarker::kShim) return;
  const FrameOwners& owners = layout_.features.owners;
  const RemoteAddress frame = AllocateOutside(FrameSize());
  WriteFrame(frame, RemoteAddress(0x600000000000), 0,
             owners.interpreter != FrameOwners::kNever ? owners.interpreter : owners.c_stack);
  frames_.push_back({frame, false, false});
  SetTop();
}

void StackBuilder::PushMany(uint64_t first, size_t count) {
  for (size_t i = 0; i < count; ++i) Push(first + i);
}

void StackBuilder::Pop() {
  const FrameRecord record = frames_.back();
  frames_.pop_back();
  if (record.in_chunk) chunks_.back().used -= FrameSize();
  if (record.new_chunk) {
    memory_.Unmap(AddressRange::OfSize(chunks_.back().address, kChunkSize));
    chunks_.pop_back();
  }
  SetTop();
}

void StackBuilder::SetTop() {
  const ThreadStateLayout& fields = layout_.thread;
  const RemoteAddress leaf = frames_.empty() ? RemoteAddress() : frames_.back().address;
  if (!Chunked()) {
    memory_.Set(fields.frame.At(base_), leaf);
    return;
  }
  SetCurrentFrame(leaf);
  if (chunks_.empty()) return;
  const ChunkRecord& chunk = chunks_.back();
  memory_.Set(fields.datastack_chunk.At(base_), chunk.address);
  memory_.Set(fields.datastack_top.At(base_), chunk.address.Plus(chunk.used));
  memory_.Set(fields.datastack_limit.At(base_), chunk.address.Plus(kChunkSize));
}

void StackBuilder::SetCurrentFrame(RemoteAddress frame) {
  if (layout_.features.frame_model == FrameModel::kCFrame) {
    memory_.Set(layout_.cframe.current_frame.At(cframe_), frame);
  } else {
    memory_.Set(layout_.thread.current_frame.At(base_), frame);
  }
}

std::vector<uint8_t> StackBuilder::TstateCopy() {
  std::vector<uint8_t> copy(layout_.thread.size);
  memory_.ReadAll(base_, copy.data(), copy.size());
  return copy;
}

}  // namespace spyhop
