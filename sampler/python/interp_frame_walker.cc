#include "sampler/python/interp_frame_walker.h"

#include <algorithm>

namespace spyhop {
namespace {

// Room beyond the known top of the data stack, so that a deeper call needs no second read.
constexpr uint64_t kSlack = 1024;
constexpr uint64_t kPage = 4096;
// More than this is no chunk: CPython's own reader caps at 16 MB, too (Modules/_remote_debugging).
constexpr uint64_t kMaxChunk = 16 << 20;
constexpr size_t kMaxChunks = 16'384;
constexpr size_t kMaxHeader = 64;
// Copied in one stop: 384 KiB cost 33 us.
constexpr uint64_t kBoundedBytes = 384 << 10;
constexpr size_t kBoundedRootChunks = 2;
// Of a thread that is not stopped; 200,000 frames have less.
constexpr uint64_t kWholeBytes = 128 << 20;
constexpr size_t kBoundedOutside = 1024;
// Frames outside the chunks that are no longer met are forgotten after so many samples.
constexpr uint32_t kWeedEvery = 64;

}  // namespace

InterpFrameWalker::InterpFrameWalker(const Layout& layout)
    : layout_(layout), copies_(kMaxFetches, kMaxFetches * 128) {
  met_outside_.reserve(kBoundedOutside);
}

void InterpFrameWalker::Prepare(RemoteMemory& memory, RemoteAddress tstate,
                                const uint8_t* tstate_copy, CopyBudget budget) {
  const ThreadStateLayout& fields = layout_.thread;
  const RemoteAddress newest = fields.datastack_chunk.In(tstate_copy);
  const RemoteAddress top = fields.datastack_top.In(tstate_copy);
  const RemoteAddress cframe =
      fields.cframe.present() ? fields.cframe.In(tstate_copy) : RemoteAddress();
  LearnOutside();
  const uint64_t used = top > newest ? top.value() - newest.value() : 0;
  const bool same_chunk = !chunks_.empty() && chunks_.front().address == newest;
  if (copies_valid_ && same_chunk && used <= copied_used_ && tstate == tstate_ &&
      cframe == cframe_ && budget == budget_) {
    return;
  }
  tstate_ = tstate;
  cframe_ = cframe;
  budget_ = budget;
  RefreshChunks(memory, newest, top);
  copies_.Reset();
  copies_.Add(tstate_, layout_.thread.size);
  if (!cframe_.is_null()) copies_.Add(cframe_, layout_.cframe.size);
  AddChunkPieces(budget);
  for (const RemoteAddress frame : outside_) copies_.Add(frame, layout_.iframe.size);
  copies_valid_ = true;
}

// Frames that had to be fetched are part of the next guess; now and then only those that the last
// walk has met are kept.
void InterpFrameWalker::LearnOutside() {
  const size_t limit = budget_ == CopyBudget::kWhole ? kMaxFrames : kBoundedOutside;
  for (const CopySet::Fetched& missed : copies_.fetched()) {
    if (missed.size != layout_.iframe.size || outside_.size() >= limit) continue;
    outside_.push_back(missed.address);
    copies_valid_ = false;
  }
  copies_.ForgetFetched();
  if (++age_ < kWeedEvery) return;
  age_ = 0;
  if (met_outside_.size() >= kBoundedOutside || met_outside_ == outside_) return;
  outside_ = met_outside_;
  copies_valid_ = false;
}

// The list of chunks changes only at its newest end: what was known below stays.
void InterpFrameWalker::RefreshChunks(RemoteMemory& memory, RemoteAddress newest,
                                      RemoteAddress top) {
  scratch_.clear();
  for (RemoteAddress address = newest; address.MayHoldPointer();) {
    const auto known = std::find_if(chunks_.begin(), chunks_.end(),
                                    [&](const Chunk& c) { return c.address == address; });
    std::optional<Chunk> chunk = ReadChunk(memory, address);
    if (!chunk || scratch_.size() == kMaxChunks) break;
    // `top` of the newest chunk is kept in the thread state.
    if (address == newest) chunk->used = top > newest ? top.value() - newest.value() : 0;
    chunk->used = std::min(chunk->used, chunk->allocated);
    scratch_.push_back(*chunk);
    if (known != chunks_.end() && known->previous == chunk->previous && address != newest) {
      scratch_.insert(scratch_.end(), known + 1, chunks_.end());
      break;
    }
    address = chunk->previous;
  }
  chunks_.swap(scratch_);
}

std::optional<InterpFrameWalker::Chunk> InterpFrameWalker::ReadChunk(RemoteMemory& memory,
                                                                     RemoteAddress address) const {
  const StackChunkLayout& fields = layout_.chunk;
  uint8_t header[kMaxHeader];
  if (fields.data.offset > sizeof(header) || !memory.ReadAll(address, header, fields.data.offset)) {
    return std::nullopt;
  }
  const RemoteAddress previous = fields.previous.In(header);
  if (previous == address) return std::nullopt;
  const uint64_t allocated = std::min(fields.allocated.In(header), kMaxChunk);
  // `top` counts words of `data` (Python/pystate.c, push_chunk).
  const uint64_t words = std::min(fields.top.In(header), kMaxChunk);
  return Chunk{address, previous, fields.data.offset + words * sizeof(uint64_t), allocated};
}

void InterpFrameWalker::AddChunkPieces(CopyBudget budget) {
  copied_used_ = 0;
  const uint64_t most = budget == CopyBudget::kWhole ? kWholeBytes : kBoundedBytes;
  uint64_t total = 0;
  gap_begin_ = 0;
  while (gap_begin_ < chunks_.size() && (total < most || gap_begin_ == 0)) {
    total += chunks_[gap_begin_++].used;
  }
  gap_end_ = std::max(gap_begin_, chunks_.size() - std::min(chunks_.size(), kBoundedRootChunks));
  for (size_t i = 0; i < chunks_.size(); ++i) {
    if (i == 0) {
      AddNewestChunk(chunks_[i]);
    } else if (i < gap_begin_ || i >= gap_end_) {
      copies_.Add(chunks_[i].address, chunks_[i].used);
    } else if (i + 1 == gap_end_) {
      copies_.Add(chunks_[i].address.Plus(layout_.chunk.data.offset), layout_.iframe.size);
    }
  }
}

void InterpFrameWalker::AddNewestChunk(const Chunk& chunk) {
  // The slack ends with its page: the next one may not be mapped, and would cost the whole piece.
  const uint64_t end = chunk.address.value() + chunk.used;
  const uint64_t page_end = (end + kSlack + kPage - 1) & ~(kPage - 1);
  copied_used_ = std::min({end + kSlack, page_end, chunk.address.value() + chunk.allocated}) -
                 chunk.address.value();
  copies_.Add(chunk.address, copied_used_);
}

const uint8_t* InterpFrameWalker::Copied(RemoteAddress address, size_t size) noexcept {
  return copies_.Find(address, size);
}

void InterpFrameWalker::AppendTo(std::vector<ReadRequest>& batch) { copies_.AppendTo(batch); }

size_t InterpFrameWalker::Walk(RemoteMemory& memory, const ReadRequest* requests,
                               RawStack& stack) noexcept {
  stack.Clear();
  copies_.Settle(requests);
  RemoteAddress frame;
  if (FindTop(memory, stack, frame)) WalkFrom(memory, frame, stack);
  // A wild pointer at the very top is one that has not been filled in yet.
  if (!stack.whole() && stack.frames().empty()) {
    stack.Truncate(SampleErrorCode::kIncompleteFrame, frame);
  }
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
  } else {
    const RemoteAddress cframe = layout_.thread.cframe.In(tstate);
    const uint8_t* copy = cframe.MayHoldPointer()
                              ? copies_.FindOrFetch(memory, cframe, layout_.cframe.size)
                              : nullptr;
    if (copy == nullptr) {
      stack.Truncate(SampleErrorCode::kUnreadable, cframe);
      return false;
    }
    frame = layout_.cframe.current_frame.In(copy);
  }
  if (!AbovePoppedFrames(tstate, frame)) return true;
  stack.Truncate(SampleErrorCode::kIncompleteFrame, frame);
  return false;
}

// _PyEval_EvalFrameDefault hangs its cframe into the thread state before it fills it in (3.11,
// 3.12), and a thread can be stopped just there. What the field then holds is a frame that has
// returned: one beyond the top of the data stack, or see IsRoot.
bool InterpFrameWalker::AbovePoppedFrames(const uint8_t* tstate,
                                          RemoteAddress frame) const noexcept {
  const RemoteAddress chunk = layout_.thread.datastack_chunk.In(tstate);
  const RemoteAddress top = layout_.thread.datastack_top.In(tstate);
  return chunk <= top && frame >= top && frame < layout_.thread.datastack_limit.In(tstate);
}

// A generator's frame is linked to its caller when it is resumed and unlinked when it yields, which
// are two stores each (DISPATCH_INLINED and YIELD_VALUE, Python/ceval.c): a thread stopped between
// them seems to begin in the generator. A stack begins with a shim (3.12+), or with a frame of its
// thread's own.
bool InterpFrameWalker::IsRoot(const uint8_t* frame_copy) const noexcept {
  const uint8_t owner = layout_.iframe.owner.In(frame_copy);
  const FrameOwners& owners = layout_.features.owners;
  if (layout_.features.entry_marker == EntryMarker::kShim) {
    return owner == owners.c_stack || owner == owners.interpreter;
  }
  return owner != owners.generator;
}

void InterpFrameWalker::WalkFrom(RemoteMemory& memory, RemoteAddress frame,
                                 RawStack& stack) noexcept {
  met_outside_.clear();
  // Shims are not pushed, so frames and shims together are bounded.
  for (size_t steps = 0; !frame.is_null(); ++steps) {
    if (steps > 2 * kMaxFrames) return stack.Truncate(SampleErrorCode::kNoProgress, frame);
    if (!frame.MayHoldPointer()) return stack.Truncate(SampleErrorCode::kBadPointer, frame);
    const uint8_t* copy = copies_.Find(frame, layout_.iframe.size);
    if (copy == nullptr) {
      if (const RemoteAddress beyond = BeyondTheGap(frame); !beyond.is_null()) {
        if (!stack.PushGap()) return stack.Truncate(SampleErrorCode::kTooDeep, frame);
        frame = beyond;
      }
      copy = copies_.FindOrFetch(memory, frame, layout_.iframe.size);
    }
    if (!InChunks(frame) && met_outside_.size() < met_outside_.capacity()) {
      met_outside_.push_back(frame);
    }
    if (copy == nullptr) return stack.Truncate(SampleErrorCode::kUnreadable, frame);
    if (!PushFrame(copy, frame, stack)) return;
    const RemoteAddress previous = layout_.iframe.previous.In(copy);
    if (previous.is_null() && !IsRoot(copy)) {
      return stack.Truncate(SampleErrorCode::kIncompleteFrame, frame);
    }
    if (previous == frame) return stack.Truncate(SampleErrorCode::kNoProgress, frame);
    frame = previous;
  }
}

bool InterpFrameWalker::InChunks(RemoteAddress frame) noexcept {
  const auto holds = [frame](const Chunk& chunk) {
    return frame >= chunk.address && frame.value() - chunk.address.value() < chunk.allocated;
  };
  if (last_chunk_hit_ < chunks_.size() && holds(chunks_[last_chunk_hit_])) return true;
  const auto found = std::find_if(chunks_.begin(), chunks_.end(), holds);
  if (found == chunks_.end()) return false;
  last_chunk_hit_ = static_cast<size_t>(found - chunks_.begin());
  return true;
}

// Whatever is left out, the first frame of a chunk lies at the start of its data (push_chunk), so
// the oldest chunk of the gap leads on to the chunks behind it, of which there is a copy.
RemoteAddress InterpFrameWalker::BeyondTheGap(RemoteAddress frame) const noexcept {
  if (gap_begin_ >= gap_end_) return RemoteAddress();
  const RemoteAddress resume = chunks_[gap_end_ - 1].address.Plus(layout_.chunk.data.offset);
  if (frame == resume) return RemoteAddress();
  const bool in_gap = std::any_of(
      chunks_.begin() + static_cast<ptrdiff_t>(gap_begin_),
      chunks_.begin() + static_cast<ptrdiff_t>(gap_end_), [frame](const Chunk& chunk) {
        return frame >= chunk.address && frame.value() - chunk.address.value() < chunk.allocated;
      });
  return in_gap ? resume : RemoteAddress();
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
  if (!stack.Push({code, fields.instr_ptr.In(copy).value(), entry, frame})) {
    stack.Truncate(SampleErrorCode::kTooDeep, frame);
    return false;
  }
  return true;
}

}  // namespace spyhop
