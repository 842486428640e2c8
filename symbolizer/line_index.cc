#include "symbolizer/line_index.h"

#include <dwarf.h>

#include <algorithm>
#include <cstring>

namespace spyhop {
namespace {

constexpr uint32_t kLongestTable = 0xfffffff0;  // longer ones are 64-bit DWARF (7.4)
constexpr uint16_t kVersion = 5;
constexpr uint8_t kAddressSize = 8;

// Reads on from a place; past the end it gives zeros and is no longer good().
class Cursor {
 public:
  Cursor(const char* begin, const char* end) : at_(begin), end_(end) {}

  bool good() const { return good_; }
  bool done() const { return at_ == end_; }
  const char* at() const { return at_; }

  template <typename T>
  T Fixed() {
    T value{};
    if (!Skip(sizeof(T))) return value;
    std::memcpy(&value, at_ - sizeof(T), sizeof(T));
    return value;
  }
  bool Skip(uint64_t count) {
    good_ = good_ && count <= static_cast<uint64_t>(end_ - at_);
    at_ = good_ ? at_ + count : end_;
    return good_;
  }
  // ULEB128; bits above the 64th are lost.
  uint64_t Number() {
    uint64_t value = 0;
    for (unsigned shift = 0; good_; shift += 7) {
      const auto byte = Fixed<uint8_t>();
      if (shift < 64) value |= uint64_t{byte & 0x7fU} << shift;
      if ((byte & 0x80) == 0) break;
    }
    return value;
  }
  // The next `size` bytes, which are skipped here.
  Cursor Take(uint64_t size) {
    const char* begin = at_;
    if (!Skip(size)) return {end_, end_};
    return {begin, at_};
  }

 private:
  const char* at_;
  const char* end_;
  bool good_ = true;
};

// What a table's header says of its program (6.2.4).
struct Header {
  uint8_t instruction_size = 0;
  uint8_t line_range = 0;
  uint8_t first_special = 0;        // opcode_base
  absl::Span<const char> operands;  // numbers of operands of the standard opcodes, from 1 on
};

// `table` is then at the program.
std::optional<Header> ReadHeader(Cursor& table) {
  const bool known = table.Fixed<uint16_t>() == kVersion && table.Fixed<uint8_t>() == kAddressSize;
  table.Skip(1);  // segment_selector_size
  const auto rest = table.Fixed<uint32_t>();
  Cursor header = table.Take(rest);
  Header found;
  found.instruction_size = header.Fixed<uint8_t>();
  const bool one_operation = header.Fixed<uint8_t>() == 1;  // an instruction: no VLIW
  header.Skip(2);                                           // default_is_stmt, line_base
  found.line_range = header.Fixed<uint8_t>();
  found.first_special = header.Fixed<uint8_t>();
  if (!known || !one_operation || found.line_range == 0 || found.first_special == 0) return {};
  const char* operands = header.at();
  const size_t count = found.first_special - 1U;
  if (!header.Skip(count) || !table.good()) return std::nullopt;
  found.operands = {operands, count};
  return found;
}

}  // namespace

class LineIndexReader {
 public:
  explicit LineIndexReader(LineIndex& index) : index_(index) {}

  // False when the table is of no use.
  bool Read(uint64_t offset, Cursor table) {
    const std::optional<Header> header = ReadHeader(table);
    if (!header) return false;
    header_ = *header;
    table_ = offset;
    address_ = 0;
    begin_ = 0;
    while (!table.done()) Step(table);
    return table.good();
  }

 private:
  void Step(Cursor& program) {
    const auto opcode = program.Fixed<uint8_t>();
    if (opcode >= header_.first_special) {
      AddSpecial(opcode);
    } else if (opcode == 0) {
      StepExtended(program);
    } else {
      StepStandard(opcode, program);
    }
  }

  // 6.2.5.1
  void AddSpecial(uint8_t opcode) {
    const unsigned advance = (opcode - unsigned{header_.first_special}) / header_.line_range;
    address_ += uint64_t{advance} * header_.instruction_size;
  }

  // 6.2.5.2
  void StepStandard(uint8_t opcode, Cursor& program) {
    switch (opcode) {
      case DW_LNS_advance_pc:
        address_ += program.Number() * header_.instruction_size;
        return;
      case DW_LNS_const_add_pc:
        AddSpecial(UINT8_MAX);
        return;
      case DW_LNS_fixed_advance_pc:
        address_ += program.Fixed<uint16_t>();
        return;
      default:
        for (auto left = static_cast<uint8_t>(header_.operands[opcode - 1U]); left > 0; --left) {
          program.Number();
        }
    }
  }

  // 6.2.5.3
  void StepExtended(Cursor& program) {
    Cursor rest = program.Take(program.Number());
    switch (rest.Fixed<uint8_t>()) {
      case DW_LNE_set_address:
        address_ = rest.Fixed<uint64_t>();
        if (begin_ == 0) begin_ = address_;
        return;
      case DW_LNE_end_sequence:
        // The linker has put those at 0 that it has left out.
        if (begin_ != 0 && address_ > begin_) {
          index_.sequences_.push_back({begin_, address_, table_});
        }
        begin_ = 0;
        address_ = 0;
        return;
      default:
        return;
    }
  }

  LineIndex& index_;
  Header header_;
  uint64_t table_ = 0;
  uint64_t address_ = 0;
  uint64_t begin_ = 0;  // of the sequence; 0: none yet
};

std::optional<LineIndex> LineIndex::Read(absl::Span<const char> debug_line) {
  LineIndex index;
  LineIndexReader reader(index);
  Cursor tables(debug_line.data(), debug_line.data() + debug_line.size());
  while (!tables.done()) {
    const auto offset = static_cast<uint64_t>(tables.at() - debug_line.data());
    const auto length = tables.Fixed<uint32_t>();
    if (length >= kLongestTable || !reader.Read(offset, tables.Take(length)) || !tables.good()) {
      return std::nullopt;
    }
  }
  // Of a function that several files have, the linker keeps the first one's, and has the tables of
  // the others name that place, too: so the first is the right one.
  std::sort(index.sequences_.begin(), index.sequences_.end(),
            [](const Sequence& a, const Sequence& b) {
              return a.begin != b.begin ? a.begin < b.begin : a.table > b.table;
            });
  return index;
}

std::optional<uint64_t> LineIndex::TableAt(uint64_t pc) const {
  const auto after =
      std::upper_bound(sequences_.begin(), sequences_.end(), pc,
                       [](uint64_t address, const Sequence& each) { return address < each.begin; });
  if (after == sequences_.begin()) return std::nullopt;
  const Sequence& found = *std::prev(after);
  return pc < found.end ? std::optional(found.table) : std::nullopt;
}

}  // namespace spyhop
