#include "sampler/python/interp_frame_walker.h"

#include <algorithm>

namespace spyhop {
namespace {

// Room beyond the known top of the data stack, so that a deeper call needs no second read.
constexpr uint64_t kSlack = 1024;
constexpr uint64_t kPage = 4096;
// Objects/obmalloc.c's arenas may merge; a chunk larger than this is not one (CPython's own reader
// caps at 16 MB, too).
constexpr uint64_t kMaxChunk = 16 << 20;
constexpr size_t kMaxOutside = 1024;
// Remembered outside frames are looked through anew after so many samples.
constexpr uint32_t kOutsideLife = 64;

}  // namespace

InterpFrameWalker::InterpFrameWalker(const Layout& layout, const WalkLimits& limits)
    : layout_(layout), limits_(limits), copies_(limits.max_fetches, limits.max_fetches * 128) {
  outside_.reserve(limits.max_fetches);
}

void InterpFrameWalker::Prepare(RemoteMemory& memory, RemoteAddress tstate,
                                const uint8_t* tstate_copy) {
  const ThreadStateLayout& fields = layout_.thread;
  const RemoteAddress newest = fields.datastack_chunk.In(tstate_copy);
  const RemoteAddress top = fields.datastack_top.In(tstate_copy);
  const RemoteAddress cframe =
      fields.cframe.present() ? fields.cframe.In(tstate_copy) : RemoteAddress();
  for (const CopySet::Fetched& missed : copies_.fetched()) {
    if (missed.size == layout_.iframe.size && outside_.size() < kMaxOutside) {
      outside_.push_back(missed.address);
      copies_valid_ = false;
    }
  }
  const uint64_t used = top > newest ? top.value() - newest.value() : 0;
  if (newest != newest_ || used > copied_used_) copies_valid_ = false;
  if (++unused_outside_ == kOutsideLife) {
    outside_.clear();
    unused_outside_ = 0;
    copies_valid_ = false;
  }
  if (copies_valid_ && tstate == tstate_ && cframe == cframe_) return;
  tstate_ = tstate;
  cframe_ = cframe;
  RefreshChunks(memory, newest, top);
  copies_.Reset();
  copies_.Add(tstate_, layout_.thread.size);
  if (!cframe_.is_null()) copies_.Add(cframe_, layout_.cframe.size);
  AddChunkPieces();
  for (const RemoteAddress frame : outside_) copies_.Add(frame, layout_.iframe.size);
  newest_ = newest;
  copies_valid_ = true;
}

// The list of chunks changes only at its newest end: what was known below stays.
void InterpFrameWalker::RefreshChunks(RemoteMemory& memory, RemoteAddress newest,
                                      RemoteAddress top) {
  const StackChunkLayout& fields = layout_.chunk;
  scratch_.clear();
  RemoteAddress address = newest;
  uint64_t total = 0;
  while (address.MayHoldPointer() && total < limits_.max_copy_bytes) {
    const auto known = std::find_if(chunks_.begin(), chunks_.end(),
                                    [&](const Chunk& c) { return c.address == address; });
    Chunk chunk{address, RemoteAddress(), 0};
    uint8_t header[64] = {};
    if (!memory.ReadAll(address, header, std::min<size_t>(fields.data.offset, sizeof(header)))) {
      break;
    }
    const uint64_t allocated = std::min(fields.allocated.In(header), kMaxChunk);
    chunk.previous = fields.previous.In(header);
    // `top` is kept in the tstate for the newest chunk, and counts words of `data` for the others
    // (Python/pystate.c, push_chunk).
    const uint64_t words = fields.top.In(header);
    chunk.used = address == newest ? (top > newest ? top.value() - newest.value() : 0)
                                   : fields.data.offset + std::min(words, kMaxChunk) * 8;
    chunk.used = std::min(chunk.used, allocated);
    total += chunk.used;
    scratch_.push_back(chunk);
    if (known != chunks_.end() && known->previous == chunk.previous && address != newest) {
      for (auto rest = known + 1; rest != chunks_.end() && total < limits_.max_copy_bytes; ++rest) {
        total += rest->used;
        scratch_.push_back(*rest);
      }
      break;
    }
    if (std::any_of(scratch_.begin(), scratch_.end(),
                    [&](const Chunk& c) { return c.address == chunk.previous; })) {
      break;
    }
    address = chunk.previous;
  }
  chunks_.swap(scratch_);
}

void InterpFrameWalker::AddChunkPieces() {
  copied_used_ = 0;
  for (const Chunk& chunk : chunks_) {
    uint64_t size = chunk.used;
    if (&chunk == &chunks_.front()) {
      // Chunks are page-aligned mappings: the slack never reaches into another page than one that
      // is mapped, because it is cut at the next page's end.
      const uint64_t with_slack = chunk.address.value() + chunk.used + kSlack;
      size = std::min(((with_slack + kPage - 1) & ~(kPage - 1)) - chunk.address.value(),
                      chunk.used + kSlack);
      copied_used_ = size;
    }
    copies_.Add(chunk.address, size);
  }
}

void InterpFrameWalker::AppendTo(std::vector<ReadRequest>& batch) { copies_.AppendTo(batch); }

size_t InterpFrameWalker::Walk(RemoteMemory& memory, const ReadRequest* requests,
                               RawStack& stack) noexcept {
  stack.Clear();
  copies_.Settle(requests);
  RemoteAddress frame;
  if (FindTop(memory, stack, frame)) WalkFrom(memory, frame, stack);
  return copies_.pieces();
}

bool InterpFrameWalker::FindTop(RemoteMemory& memory, RawStack& stack,
                                RemoteAddress& frame) noexcept {
  const uint8_t* tstate = copies_.Find(tstate_, layout_.thread.size);
  if (tstate == nullptr) {
    stack.Truncate(SampleErrorCode::kUnreadable, tstate_);
    return false;
  }
  if (layout_.features.frame_model == FrameModel::kCurrentFrame) {
    frame = layout_.thread.current_frame.In(tstate);
    return true;
  }
  const RemoteAddress cframe = layout_.thread.cframe.In(tstate);
  const uint8_t* copy = cframe.MayHoldPointer()
                            ? copies_.FindOrFetch(memory, cframe, layout_.cframe.size)
                            : nullptr;
  if (copy == nullptr) {
    stack.Truncate(SampleErrorCode::kUnreadable, cframe);
    return false;
  }
  frame = layout_.cframe.current_frame.In(copy);
  return true;
}

void InterpFrameWalker::WalkFrom(RemoteMemory& memory, RemoteAddress frame,
                                 RawStack& stack) noexcept {
  // Shims are not pushed, so frames and shims together are bounded.
  for (size_t steps = 0; !frame.is_null(); ++steps) {
    if (steps > 2 * limits_.max_frames) return stack.Truncate(SampleErrorCode::kNoProgress, frame);
    if (!frame.MayHoldPointer()) return stack.Truncate(SampleErrorCode::kBadPointer, frame);
    const uint8_t* copy = copies_.FindOrFetch(memory, frame, layout_.iframe.size);
    if (copy == nullptr) {
      const bool deep = !chunks_.empty() && !chunks_.back().previous.is_null();
      return stack.Truncate(deep ? SampleErrorCode::kTooDeep : SampleErrorCode::kUnreadable, frame);
    }
    if (!PushFrame(copy, frame, stack)) return;
    const RemoteAddress previous = layout_.iframe.previous.In(copy);
    if (previous == frame) return stack.Truncate(SampleErrorCode::kNoProgress, frame);
    frame = previous;
  }
}

// False when the walk has to end here, with the stack marked.
bool InterpFrameWalker::PushFrame(const uint8_t* copy, RemoteAddress frame,
                                  RawStack& stack) noexcept {
  const InterpreterFrameLayout& fields = layout_.iframe;
  const Features& features = layout_.features;
  const uint8_t owner = fields.owner.In(copy);
  // Shims lie below each C evaluation and have no code of their own (3.12+: entry_frame in
  // Python/ceval.c; its f_executable is None from 3.13 on).
  if (owner == features.owners.c_stack || owner == features.owners.interpreter) {
    stack.MarkEntry();
    return true;
  }
  const RemoteAddress code(fields.code.In(copy).value() & ~features.code_tag_mask);
  if (!code.MayHoldPointer() || owner > features.owners.frame_object) {
    // A leaf that is being pushed or popped; anything deeper is damage.
    if (stack.frames().empty() && code.is_null()) return true;
    stack.Truncate(SampleErrorCode::kIncompleteFrame, frame);
    return false;
  }
  const bool entry = fields.is_entry.present() && fields.is_entry.In(copy) != 0;
  if (!stack.Push({code, fields.instr_ptr.In(copy).value(), entry})) {
    stack.Truncate(SampleErrorCode::kTooDeep, frame);
    return false;
  }
  return true;
}

}  // namespace spyhop
