#include "sampler/python/frame_slots.h"

#include <array>
#include <cstring>

#include "sampler/python/object_reader.h"

namespace spyhop {
namespace {

constexpr size_t kWord = sizeof(RemoteAddress);
constexpr size_t kUnit = 2;
constexpr size_t kMaxSlots = 1024;
constexpr size_t kAnything = 64;
constexpr size_t kMaxLocals = 1 << 16;
constexpr size_t kMaxTable = 1 << 20;

// CO_MAXBLOCKS and PyTryBlock (Include/code.h, Include/frameobject.h, 2.7 to 3.10).
constexpr int32_t kMaxBlocks = 20;
struct TryBlock {
  int32_t type;
  int32_t handler;
  int32_t level;
};

// A number of an exception table: six bits a byte, the highest first; 0x40 says that more follow,
// 0x80 that an entry begins (Objects/exception_handling_notes.txt of 3.11).
std::optional<uint64_t> TakeNumber(absl::Span<const uint8_t>& table) {
  uint64_t number = 0;
  for (size_t i = 0; i < table.size() && i < 6; ++i) {
    number = number << 6 | (table[i] & 0x3f);
    if ((table[i] & 0x40) != 0) continue;
    table.remove_prefix(i + 1);
    return number;
  }
  return std::nullopt;
}

}  // namespace

size_t DepthUnderHandler(absl::Span<const uint8_t> table, uint64_t unit) {
  while (!table.empty()) {
    const std::optional<uint64_t> start = TakeNumber(table);
    const std::optional<uint64_t> size = TakeNumber(table);
    const std::optional<uint64_t> target = TakeNumber(table);
    const std::optional<uint64_t> depth_and_lasti = TakeNumber(table);
    if (!start || !size || !target || !depth_and_lasti) return 0;
    if (unit >= *start && unit - *start < *size) return *depth_and_lasti >> 1;
  }
  return 0;
}

std::vector<RemoteAddress> FrameSlots::UnderHandlers(const RawFrame& frame) {
  if (!frame.address.MayHoldPointer() || !frame.code.MayHoldPointer()) return {};
  return layout_.features.frame_model == FrameModel::kFrameObjects ? UnderBlocks(frame)
                                                                   : UnderTable(frame);
}

std::vector<RemoteAddress> FrameSlots::UnderBlocks(const RawFrame& frame) {
  const FrameObjectLayout& fields = layout_.frame_object;
  if (!fields.f_valuestack.present() || !fields.f_blockstack.present()) return {};
  const auto code = memory_.ReadPointer(fields.f_code.At(frame.address));
  const auto first = memory_.ReadPointer(fields.f_valuestack.At(frame.address));
  const auto blocks = memory_.Read<int32_t>(fields.f_iblock.At(frame.address));
  if (code != frame.code || !first || !blocks || *blocks <= 0 || *blocks > kMaxBlocks) return {};
  const auto innermost = memory_.Read<TryBlock>(
      fields.f_blockstack.At(frame.address).Plus((*blocks - 1) * sizeof(TryBlock)));
  if (!innermost || innermost->level < 0) return {};
  return ReadSlots(*first, static_cast<size_t>(innermost->level));
}

std::vector<RemoteAddress> FrameSlots::UnderTable(const RawFrame& frame) {
  if (!layout_.code.exceptiontable.present() || !layout_.code.nlocalsplus.present()) return {};
  const auto code = memory_.ReadPointer(layout_.iframe.code.At(frame.address));
  const auto instruction = memory_.ReadPointer(layout_.iframe.instr_ptr.At(frame.address));
  const auto locals = memory_.Read<int32_t>(layout_.code.nlocalsplus.At(frame.code));
  const auto table = memory_.ReadPointer(layout_.code.exceptiontable.At(frame.code));
  if (!code || WithoutTag(*code) != frame.code || !instruction || !locals || !table) return {};
  const RemoteAddress start = layout_.code.code_adaptive.At(frame.code);
  if (*instruction < start || *locals < 0 || static_cast<size_t>(*locals) > kMaxLocals) return {};
  const auto bytes = ObjectReader(memory_, layout_).Bytes(*table, kMaxTable);
  if (!bytes) return {};
  const uint64_t unit = (instruction->value() - start.value()) / kUnit;
  return ReadSlots(layout_.iframe.localsplus.At(frame.address).Plus(*locals * kWord),
                   DepthUnderHandler(*bytes, unit));
}

std::vector<RemoteAddress> FrameSlots::ReadSlots(RemoteAddress first, size_t count) {
  if (count == 0 || count > kMaxSlots || !first.MayHoldPointer()) return {};
  std::vector<RemoteAddress> slots(count);
  if (!memory_.ReadAll(first, slots.data(), count * kWord)) return {};
  for (RemoteAddress& slot : slots) slot = WithoutTag(slot);
  return slots;
}

RemoteAddress FrameSlots::Locals(const RawFrame& frame) const {
  return layout_.features.frame_model == FrameModel::kFrameObjects
             ? layout_.frame_object.f_localsplus.At(frame.address)
             : layout_.iframe.localsplus.At(frame.address);
}

std::optional<RemoteAddress> FrameSlots::FirstLocal(const RawFrame& frame) {
  const std::vector<RemoteAddress> first = ReadSlots(Locals(frame), 1);
  if (first.empty() || !first.front().MayHoldPointer()) return std::nullopt;
  return first.front();
}

std::vector<RemoteAddress> FrameSlots::Anything(const RawFrame& frame) {
  std::vector<RemoteAddress> words(kAnything);
  const size_t bytes = memory_.ReadSome(Locals(frame), words.data(), kAnything * kWord);
  words.resize(bytes / kWord);
  for (RemoteAddress& word : words) word = WithoutTag(word);
  return words;
}

// 3.14+: references on the stack carry a tag, as a frame's code does (pycore_stackref.h).
RemoteAddress FrameSlots::WithoutTag(RemoteAddress reference) const {
  return RemoteAddress(reference.value() & ~layout_.features.code_tag_mask);
}

}  // namespace spyhop
