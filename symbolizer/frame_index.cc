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
// The same without entries: what bfd makes of a table that it cannot sort (DW_EH_PE_omit).
constexpr std::array<char, 4> kWithoutEntries = {1, 0x1b, '\xff', '\xff'};
constexpr size_t kPointerAt = 4;
constexpr size_t kCountAt = 8;
constexpr size_t kHeader = 12;
constexpr size_t kEntry = 8;  // begin, place of its FDE

bool HasForm(absl::Span<const char> bytes, const std::array<char, 4>& form) {
  return bytes.size() >= form.size() && std::equal(form.begin(), form.end(), bytes.begin());
}

template <typename T>
T ValueAt(absl::Span<const char> bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return value;
}

}  // namespace

FrameIndex::FrameIndex(const ElfFile& file) {
  const std::vector<ElfSection> sections = file.FindSections(".eh_frame_hdr");
  const absl::Span<const char> bytes = file.ReadSection(".eh_frame_hdr");
  if (!sections.empty()) base_ = sections.front().address;
  const bool whole = ReadFunctions(bytes);
  search_ = FindSearch(file, bytes);
  if (search_ == Search::kHere && !whole) search_ = Search::kUnclear;
}

bool FrameIndex::ReadFunctions(absl::Span<const char> bytes) {
  if (bytes.size() < kHeader || !HasForm(bytes, kUsualForm)) return false;
  const auto count = ValueAt<uint32_t>(bytes, kCountAt);
  if (count == 0 || count > (bytes.size() - kHeader) / kEntry) return false;
  static_assert(sizeof(Function) == kEntry);
  functions_.resize(count);
  std::memcpy(functions_.data(), bytes.data() + kHeader, count * kEntry);
  const auto by_begin = [this](const Function& a, const Function& b) {
    return Address(a.begin) < Address(b.begin);
  };
  if (std::is_sorted(functions_.begin(), functions_.end(), by_begin)) return true;
  functions_.clear();
  return false;
}

// libdw takes the first section that is named .eh_frame, and of those named .eh_frame_hdr the last
// one before it.
FrameIndex::Search FrameIndex::FindSearch(const ElfFile& file, absl::Span<const char> bytes) const {
  const std::vector<ElfSection> tables = file.FindSections(".eh_frame");
  const std::vector<ElfSection> indexes = file.FindSections(".eh_frame_hdr");
  if (tables.size() != 1 || indexes.size() > 1) return Search::kUnclear;
  if (indexes.empty() || indexes.front().index > tables.front().index) return Search::kLinear;
  // It reads the head whatever the section's size is.
  if (bytes.size() < kCountAt) return Search::kUnclear;
  if (HasForm(bytes, kWithoutEntries)) return Search::kLinear;
  if (bytes.size() < kHeader || !HasForm(bytes, kUsualForm)) return Search::kUnclear;
  const uint64_t table = Address(static_cast<int32_t>(kPointerAt)) +
                         static_cast<uint64_t>(int64_t{ValueAt<int32_t>(bytes, kPointerAt)});
  const bool used = table == tables.front().address && ValueAt<uint32_t>(bytes, kCountAt) != 0;
  return used ? Search::kHere : Search::kLinear;
}

const FrameIndex::Function* FrameIndex::At(uint64_t pc) const {
  const auto after = std::upper_bound(
      functions_.begin(), functions_.end(), pc,
      [this](uint64_t at, const Function& function) { return at < Address(function.begin); });
  return after == functions_.begin() ? nullptr : &*std::prev(after);
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
