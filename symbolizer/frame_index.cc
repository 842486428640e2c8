#include "symbolizer/frame_index.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>

namespace spyhop {
namespace {

// Version 1; pointer to .eh_frame relative to here (DW_EH_PE_pcrel | sdata4); count in 4 bytes
// (udata4); entries relative to the section (DW_EH_PE_datarel | sdata4).
constexpr std::array<char, 4> kUsualForm = {1, 0x1b, 0x03, 0x3b};
constexpr size_t kHeader = 12;
constexpr size_t kEntry = 8;  // begin, place of its FDE

}  // namespace

FrameIndex::FrameIndex(const ElfFile& file) {
  const std::optional<ElfSection> section = file.FindSection(".eh_frame_hdr");
  const absl::Span<const char> bytes = file.ReadSection(".eh_frame_hdr");
  if (!section || bytes.size() < kHeader ||
      !std::equal(kUsualForm.begin(), kUsualForm.end(), bytes.begin())) {
    return;
  }
  exists_ = true;
  base_ = section->address;
  uint32_t count = 0;
  std::memcpy(&count, bytes.data() + 8, sizeof(count));
  const size_t entries = std::min<size_t>(count, (bytes.size() - kHeader) / kEntry);
  static_assert(sizeof(Function) == kEntry);
  if (entries == 0) return;
  functions_.resize(entries);
  std::memcpy(functions_.data(), bytes.data() + kHeader, entries * kEntry);
  const auto by_begin = [](const Function& a, const Function& b) { return a.begin < b.begin; };
  if (!std::is_sorted(functions_.begin(), functions_.end(), by_begin)) functions_.clear();
}

const FrameIndex::Function* FrameIndex::At(uint64_t pc) const {
  const auto after =
      std::upper_bound(functions_.begin(), functions_.end(), static_cast<int64_t>(pc - base_),
                       [](int64_t at, const Function& function) { return at < function.begin; });
  if (after == functions_.begin()) return nullptr;
  const Function* function = &*std::prev(after);
  return Address(function->begin) <= pc ? function : nullptr;
}

std::optional<AddressRange> FrameIndex::FunctionAt(uint64_t pc) const {
  const Function* function = At(pc);
  if (function == nullptr) return std::nullopt;
  const uint64_t end = function == &functions_.back() ? pc + 1 : Address(function[1].begin);
  return AddressRange(RemoteAddress(Address(function->begin)), RemoteAddress(end));
}

std::optional<uint64_t> FrameIndex::EntryAt(uint64_t pc) const {
  const Function* function = At(pc);
  if (function == nullptr) return std::nullopt;
  return Address(function->entry);
}

}  // namespace spyhop
