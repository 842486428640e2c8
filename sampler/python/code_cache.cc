#include "sampler/python/code_cache.h"

#include <algorithm>

namespace spyhop {
namespace {

constexpr Nanos kVerifyEvery = 500 * kMicrosecond;
// A program that makes code without end must not make the cache grow without end.
constexpr size_t kMaxEntries = 200'000;
constexpr size_t kMaxTables = 64 << 20;  // bytes of line tables

// CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR (Include/code.h).
constexpr uint32_t kGeneratorFlags = 0x20 | 0x80 | 0x200;

}  // namespace

CodeCache::CodeCache(RemoteMemory& memory, const Layout& layout)
    : memory_(memory), layout_(layout), objects_(memory, layout) {}

void CodeCache::Verify(const RawStack& stack, Nanos now) {
  const size_t size = layout_.code.size;
  checked_.clear();
  for (const RawFrame& frame : stack.frames()) {
    const auto found = entries_.find(frame.code);
    if (found == entries_.end() || now - found->second->verified < kVerifyEvery) continue;
    found->second->verified = now;
    checked_.push_back(frame.code);
  }
  if (checked_.empty()) return;
  copies_.resize(checked_.size() * size);
  batch_.clear();
  for (size_t i = 0; i < checked_.size(); ++i) {
    batch_.push_back({checked_[i], copies_.data() + i * size, size, 0});
  }
  memory_.ReadBatch(absl::MakeSpan(batch_));
  for (size_t i = 0; i < checked_.size(); ++i) {
    const auto found = entries_.find(checked_[i]);
    if (found == entries_.end()) continue;
    const bool same =
        batch_[i].complete() && IdentityOf(copies_.data() + i * size) == found->second->identity;
    if (same) continue;
    tables_ -= found->second->info.line_table.size();
    entries_.erase(found);
  }
}

const CodeInfo* CodeCache::Find(RemoteAddress address, Nanos now) {
  const auto found = entries_.find(address);
  if (found != entries_.end()) return &found->second->info;
  std::unique_ptr<Entry> entry = ReadCode(address);
  if (entry == nullptr) return nullptr;
  if (entries_.size() >= kMaxEntries || tables_ >= kMaxTables) {
    entries_.clear();
    tables_ = 0;
  }
  entry->verified = now;
  tables_ += entry->info.line_table.size();
  return &(entries_[address] = std::move(entry))->info;
}

CodeCache::Identity CodeCache::IdentityOf(const uint8_t* copy) const {
  const CodeLayout& fields = layout_.code;
  const auto flags = static_cast<uint32_t>(fields.flags.In(copy));
  const auto arguments = static_cast<uint32_t>(fields.argcount.In(copy));
  return {layout_.object.ob_type.In(copy).value(),
          fields.filename.In(copy).value(),
          fields.name.In(copy).value(),
          fields.linetable.In(copy).value(),
          static_cast<uint64_t>(fields.firstlineno.In(copy)),
          uint64_t{flags} << 32 | arguments};
}

std::unique_ptr<CodeCache::Entry> CodeCache::ReadCode(RemoteAddress address) {
  std::vector<uint8_t> copy(layout_.code.size);
  if (!memory_.ReadAll(address, copy.data(), copy.size())) return nullptr;
  if (!IsCodeType(layout_.object.ob_type.In(copy.data()))) return nullptr;
  const CodeLayout& fields = layout_.code;
  auto entry = std::make_unique<Entry>();
  entry->identity = IdentityOf(copy.data());
  const PointerField& name = fields.qualname.present() ? fields.qualname : fields.name;
  std::optional<std::string> function = objects_.String(name.In(copy.data()));
  std::optional<std::string> file = objects_.String(fields.filename.In(copy.data()));
  if (!function || !file) return nullptr;
  entry->info.function = *std::move(function);
  entry->info.file = *std::move(file);
  entry->info.first_line = fields.firstlineno.In(copy.data());
  entry->info.line_table =
      objects_.Bytes(fields.linetable.In(copy.data())).value_or(std::vector<uint8_t>());
  const auto flags = static_cast<uint32_t>(fields.flags.In(copy.data()));
  entry->info.generator = (flags & kGeneratorFlags) != 0;
  entry->info.serial = next_serial_++;
  return entry;
}

bool CodeCache::IsCodeType(RemoteAddress type) {
  if (!code_type_.is_null()) return type == code_type_;
  const std::optional<RemoteAddress> name = memory_.ReadPointer(layout_.type.tp_name.At(type));
  if (!name || memory_.ReadCString(*name, 16) != "code") return false;
  code_type_ = type;
  return true;
}

int32_t CodeCache::InstructionOffset(const RawFrame& frame) const {
  const auto lasti = static_cast<int64_t>(frame.instruction);
  int64_t offset = -1;
  switch (layout_.features.instruction_unit) {
    case InstructionUnit::kByteOffset:
      offset = lasti;
      break;
    case InstructionUnit::kUnitOffset:
      offset = lasti * 2;
      break;
    case InstructionUnit::kPointerLast:
    case InstructionUnit::kPointerNext:
      offset = lasti - static_cast<int64_t>(layout_.code.code_adaptive.At(frame.code).value());
      break;
  }
  return static_cast<int32_t>(std::clamp<int64_t>(offset, -1, INT32_MAX));
}

Position CodeCache::PositionOf(const CodeInfo& code, const RawFrame& frame) const {
  Position position = FindPosition(layout_.features.line_table, code.line_table, code.first_line,
                                   InstructionOffset(frame));
  // Some instructions have no line, such as the first of a generator (PEP 626).
  if (position.line <= 0) position.line = code.first_line;
  return position;
}

}  // namespace spyhop
