#include "sampler/python/await_chain.h"

#include <array>
#include <string>
#include <string_view>

namespace spyhop {
namespace {

constexpr size_t kWord = sizeof(RemoteAddress);
constexpr int32_t kMaxStack = 1 << 16;
constexpr size_t kMaxCode = 16 << 20;
// Objects on the way, wrappers included.
constexpr size_t kMaxSteps = 4 * kMaxAwaits;
// RESUME's argument after `yield from` and `await` (Doc/library/dis.rst of 3.11 and 3.12).
constexpr uint8_t kResumeAfterYieldFrom = 2;
constexpr uint8_t kResumeLocation = 3;

}  // namespace

AwaitChains::AwaitChains(RemoteMemory& memory, const Layout& layout, const AsyncioLayout& asyncio)
    : memory_(memory), layout_(layout), asyncio_(asyncio), objects_(memory, layout) {}

std::vector<AwaitChain> AwaitChains::Follow(absl::Span<const RemoteAddress> coroutines) {
  std::vector<AwaitChain> chains(coroutines.size());
  cursors_.clear();
  frames_ = 0;
  for (size_t i = 0; i < chains.size(); ++i) {
    cursors_.push_back({.chain = &chains[i], .object = coroutines[i]});
  }
  while (!cursors_.empty()) {
    ReadObjects();
    ReadFrameObjects();
    ReadSlots();
    DropFinished();
  }
  return chains;
}

// Tag bits of 3.14+, where evaluation stacks hold tagged references as frames do (_PyStackRef).
RemoteAddress AwaitChains::WithoutTag(RemoteAddress reference) const {
  return RemoteAddress(reference.value() & ~layout_.features.code_tag_mask);
}

void AwaitChains::ReadObjects() {
  const GeneratorLayout& fields = layout_.generator;
  const size_t size = fields.gi_iframe.present() ? fields.gi_iframe.offset + layout_.iframe.size
                                                 : asyncio_.suspension.gi_frame.end();
  copies_.resize(cursors_.size() * size);
  batch_.clear();
  for (size_t i = 0; i < cursors_.size(); ++i) {
    batch_.push_back({cursors_[i].object, copies_.data() + i * size, size, 0});
  }
  memory_.ReadBatch(absl::MakeSpan(batch_));
  for (size_t i = 0; i < cursors_.size(); ++i) {
    EnterObject(cursors_[i], copies_.data() + i * size, batch_[i].done);
  }
}

void AwaitChains::EnterObject(Cursor& cursor, const uint8_t* copy, size_t size) {
  cursor.frame = cursor.slot = cursor.next = RemoteAddress();
  cursor.kind = Kind::kOther;
  if (size < asyncio_.wrapped.end()) {
    cursor.chain->problem = SampleErrorCode::kUnreadable;
    return;
  }
  cursor.kind = KindOf(layout_.object.ob_type.In(copy));
  switch (cursor.kind) {
    case Kind::kOther:
      cursor.chain->awaited = cursor.object;
      break;
    case Kind::kFuture:
      cursor.chain->awaited = asyncio_.wrapped.In(copy);
      break;
    case Kind::kWrapper:
      cursor.next = asyncio_.wrapped.In(copy);
      break;
    case Kind::kCoroutine:
    case Kind::kGenerator:
      if (!layout_.generator.gi_iframe.present()) {
        cursor.frame = asyncio_.suspension.gi_frame.In(copy);
      } else if (size < layout_.generator.gi_iframe.offset + layout_.iframe.size) {
        cursor.chain->problem = SampleErrorCode::kUnreadable;
      } else {
        cursor.frame = layout_.generator.gi_iframe.At(cursor.object);
        EnterFrame(cursor, copy + layout_.generator.gi_iframe.offset,
                   layout_.generator.gi_frame_state.In(copy));
      }
      break;
  }
}

void AwaitChains::EnterFrame(Cursor& cursor, const uint8_t* frame, int8_t state) {
  const InterpreterFrameLayout& fields = layout_.iframe;
  const SuspensionLayout& suspension = asyncio_.suspension;
  AwaitChain& chain = *cursor.chain;
  const RemoteAddress code = WithoutTag(fields.code.In(frame));
  if (!code.MayHoldPointer() || state > suspension.executing) return;  // it has ended
  chain.frames.push_back({code, fields.instr_ptr.In(frame).value(), true});
  chain.first_locals.push_back(WithoutTag(RemoteAddress(fields.localsplus.In(frame))));
  chain.executing = state == suspension.executing;
  if (state < suspension.first_suspended || state > suspension.last_suspended) return;
  if (suspension.stackpointer.present()) {
    const RemoteAddress top = suspension.stackpointer.In(frame);
    cursor.slot = RemoteAddress(top.value() - suspension.awaited_slot * kWord);
  } else {
    const int32_t used = suspension.stacktop.In(frame);
    if (used <= 0 || used > kMaxStack) return;
    cursor.slot = fields.localsplus.At(cursor.frame)
                      .Plus((static_cast<size_t>(used) - suspension.awaited_slot) * kWord);
  }
  if (!suspension.says_awaits) CheckThatItAwaits(cursor);
}

void AwaitChains::ReadFrameObjects() {
  if (layout_.features.frame_model != FrameModel::kFrameObjects) return;
  const size_t size = asyncio_.suspension.first_local.end();
  copies_.resize(cursors_.size() * size);
  batch_.clear();
  for (size_t i = 0; i < cursors_.size(); ++i) {
    batch_.push_back({cursors_[i].frame, copies_.data() + i * size, size, 0});
  }
  memory_.ReadBatch(absl::MakeSpan(batch_));
  for (size_t i = 0; i < cursors_.size(); ++i) {
    if (cursors_[i].frame.is_null()) continue;
    if (batch_[i].complete()) {
      EnterFrameObject(cursors_[i], copies_.data() + i * size);
    } else {
      cursors_[i].chain->problem = SampleErrorCode::kUnreadable;
    }
  }
}

void AwaitChains::EnterFrameObject(Cursor& cursor, const uint8_t* frame) {
  const FrameObjectLayout& fields = layout_.frame_object;
  const SuspensionLayout& suspension = asyncio_.suspension;
  AwaitChain& chain = *cursor.chain;
  const RemoteAddress code = fields.f_code.In(frame);
  const int32_t instruction = fields.f_lasti.In(frame);
  if (!code.MayHoldPointer()) return;
  chain.frames.push_back({code, static_cast<uint64_t>(int64_t{instruction}), true});
  chain.first_locals.push_back(suspension.first_local.In(frame));
  RemoteAddress top;
  if (suspension.f_stacktop.present()) {
    top = suspension.f_stacktop.In(frame);
  } else {
    const int32_t depth = suspension.f_stackdepth.In(frame);
    if (depth >= 0 && depth <= kMaxStack) {
      top = suspension.f_valuestack.In(frame).Plus(static_cast<size_t>(depth) * kWord);
    }
  }
  chain.executing = top.is_null();
  if (top <= suspension.f_valuestack.In(frame) || instruction < 0) return;
  cursor.slot = RemoteAddress(top.value() - kWord);
  CheckThatItAwaits(cursor);
}

// A coroutine is suspended only where it awaits; a generator may have yielded, and then the top of
// its stack is something else. Only what follows in its bytecode tells.
void AwaitChains::CheckThatItAwaits(Cursor& cursor) {
  if (cursor.kind != Kind::kGenerator) return;
  const RawFrame& frame = cursor.chain->frames.back();
  bool awaits = false;
  if (asyncio_.suspension.yield_from != 0) {
    const uint64_t scale =
        layout_.features.instruction_unit == InstructionUnit::kUnitOffset ? 2 : 1;
    const auto code = memory_.ReadPointer(layout_.code.code.At(frame.code));
    const RemoteAddress at = layout_.bytes.ob_sval.At(code.value_or(RemoteAddress()))
                                 .Plus(frame.instruction * scale + 2);
    awaits =
        frame.instruction < kMaxCode && memory_.Read<uint8_t>(at) == asyncio_.suspension.yield_from;
  } else {
    // The argument of the next instruction, a RESUME.
    const auto argument = memory_.Read<uint8_t>(RemoteAddress(frame.instruction).Plus(3));
    awaits = argument && (*argument & kResumeLocation) >= kResumeAfterYieldFrom;
  }
  if (!awaits) cursor.slot = RemoteAddress();
}

void AwaitChains::ReadSlots() {
  batch_.clear();
  for (Cursor& cursor : cursors_) {
    if (cursor.slot.MayHoldPointer()) batch_.push_back({cursor.slot, &cursor.next, kWord, 0});
  }
  memory_.ReadBatch(absl::MakeSpan(batch_));
  for (Cursor& cursor : cursors_) cursor.next = WithoutTag(cursor.next);
}

// Moves each cursor on to what it found.
void AwaitChains::DropFinished() {
  for (Cursor& cursor : cursors_) {
    frames_ += cursor.frame.is_null() ? 0 : 1;
    ++cursor.steps;
    const bool far = cursor.chain->frames.size() >= kMaxAwaits || cursor.steps >= kMaxSteps ||
                     frames_ >= kMaxAwaitsOfAll;
    if (far && cursor.next.MayHoldPointer()) {
      cursor.chain->problem = SampleErrorCode::kTooDeep;
      cursor.next = RemoteAddress();
    }
    cursor.object = cursor.next;
  }
  std::erase_if(cursors_, [](const Cursor& cursor) { return !cursor.object.MayHoldPointer(); });
}

// tp_name of the types in Objects/genobject.c, Objects/iterobject.c and Modules/_asynciomodule.c.
AwaitChains::Kind AwaitChains::KindOf(RemoteAddress type) {
  if (!type.MayHoldPointer()) return Kind::kOther;
  const auto known = kinds_.find(type);
  if (known != kinds_.end()) return known->second;
  constexpr std::array<std::pair<std::string_view, Kind>, 8> kNames = {{
      {"coroutine", Kind::kCoroutine},
      {"async_generator", Kind::kCoroutine},
      {"generator", Kind::kGenerator},
      {"coroutine_wrapper", Kind::kWrapper},
      {"async_generator_asend", Kind::kWrapper},
      {"async_generator_athrow", Kind::kWrapper},
      {"anext_awaitable", Kind::kWrapper},
      {"_asyncio.FutureIter", Kind::kFuture},
  }};
  const auto name = memory_.ReadPointer(layout_.type.tp_name.At(type));
  const auto text = name ? memory_.ReadCString(*name, 64) : std::nullopt;
  Kind kind = Kind::kOther;
  for (const auto& [each, its_kind] : kNames) {
    if (text == each) kind = its_kind;
  }
  kinds_.emplace(type, kind);
  return kind;
}

}  // namespace spyhop
