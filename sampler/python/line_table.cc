#include "sampler/python/line_table.h"

#include <limits>

namespace spyhop {
namespace {

constexpr int64_t kMaxLine = std::numeric_limits<int32_t>::max();

// Lines are summed up in 64 bits: a hostile table cannot overflow them (each entry adds less than
// 2^32), and what does not fit a line number is no line.
int32_t ToLine(int64_t line) {
  return line < 0 || line > kMaxLine ? 0 : static_cast<int32_t>(line);
}

// Bytes of a table, front to back; reads past the end give zero and set failed().
class TableCursor {
 public:
  explicit TableCursor(absl::Span<const uint8_t> table) : table_(table) {}

  bool at_end() const { return next_ >= table_.size(); }
  bool failed() const { return failed_; }

  uint8_t Byte() {
    if (at_end()) {
      failed_ = true;
      return 0;
    }
    return table_[next_++];
  }

  // Six bits a byte, least significant first; bit 6 says that more follow (Objects/codeobject.c,
  // read_varint, 3.11).
  int64_t Varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift <= 30; shift += 6) {
      const uint8_t byte = Byte();
      value |= static_cast<uint64_t>(byte & 63) << shift;
      if ((byte & 64) == 0) return static_cast<int64_t>(value);
    }
    failed_ = true;
    return 0;
  }

  // The sign is the lowest bit (read_signed_varint).
  int64_t SignedVarint() {
    const int64_t value = Varint();
    return (value & 1) != 0 ? -(value >> 1) : value >> 1;
  }

 private:
  absl::Span<const uint8_t> table_;
  size_t next_ = 0;
  bool failed_ = false;
};

// Objects/lnotab_notes.txt: pairs (bytes to skip, lines to add); the line of an instruction is
// reached before the pair that skips over it. Line deltas are signed since 3.6.
Position FindInLnotab(absl::Span<const uint8_t> table, int32_t first_line, int32_t offset,
                      bool is_signed) {
  int64_t line = first_line;
  int64_t address = 0;
  for (size_t i = 0; i + 1 < table.size(); i += 2) {
    address += table[i];
    if (address > offset) break;
    line += is_signed ? static_cast<int8_t>(table[i + 1]) : table[i + 1];
  }
  return {.line = ToLine(line)};
}

// Objects/lnotab_notes.txt and codeobject.c (advance) of 3.10: pairs (length of the range in bytes,
// line delta); -128 = these instructions have no line, and the next delta counts from the last one
// that had. Ranges of length 0 only move the line.
Position FindInLinetable310(absl::Span<const uint8_t> table, int32_t first_line, int32_t offset) {
  constexpr int8_t kNoLine = -128;
  int64_t computed = first_line;
  int64_t end = 0;
  for (size_t i = 0; i + 1 < table.size(); i += 2) {
    end += table[i];
    const auto delta = static_cast<int8_t>(table[i + 1]);
    if (delta != kNoLine) computed += delta;
    if (end > offset) return {.line = delta == kNoLine ? 0 : ToLine(computed)};
  }
  return {.line = ToLine(computed)};
}

// One entry of the location table of 3.11 and later (Objects/locations.md). The first byte is
// 1, four bits of form, three bits of length in 2-byte units less one.
struct LocationEntry {
  int64_t length = 0;  // bytes of bytecode
  int64_t line_delta = 0;
  int64_t end_line_delta = 0;
  int64_t column = -1;  // 0-based, -1 = none
  int64_t end_column = -1;
  bool has_line = true;
};

enum LocationForm : uint8_t {
  kShortLast = 9,
  kOneLine0 = 10,
  kOneLine2 = 12,
  kNoColumns = 13,
  kLong = 14,
  kNone = 15,
};

void ReadShort(TableCursor& cursor, uint8_t form, LocationEntry& entry) {
  const uint8_t byte = cursor.Byte();
  entry.column = form * 8 + (byte >> 4);
  entry.end_column = entry.column + (byte & 15);
}

void ReadOneLine(TableCursor& cursor, uint8_t form, LocationEntry& entry) {
  entry.line_delta = form - kOneLine0;
  entry.column = cursor.Byte();
  entry.end_column = cursor.Byte();
}

void ReadLong(TableCursor& cursor, LocationEntry& entry) {
  entry.line_delta = cursor.SignedVarint();
  entry.end_line_delta = cursor.Varint();
  entry.column = cursor.Varint() - 1;
  entry.end_column = cursor.Varint() - 1;
}

LocationEntry ReadEntry(TableCursor& cursor) {
  const uint8_t first = cursor.Byte();
  const uint8_t form = first >> 3 & 15;
  LocationEntry entry{.length = ((first & 7) + 1) * 2};
  if (form <= kShortLast) {
    ReadShort(cursor, form, entry);
  } else if (form <= kOneLine2) {
    ReadOneLine(cursor, form, entry);
  } else if (form == kNoColumns) {
    entry.line_delta = cursor.SignedVarint();
  } else if (form == kLong) {
    ReadLong(cursor, entry);
  } else {
    entry.has_line = false;
  }
  return entry;
}

Position MakePosition(int64_t line, const LocationEntry& entry) {
  if (!entry.has_line) return {};
  return {.line = ToLine(line),
          .column = ToLine(entry.column + 1),
          .end_line = ToLine(line + entry.end_line_delta),
          .end_column = ToLine(entry.end_column + 1)};
}

Position FindInLocationTable(absl::Span<const uint8_t> table, int32_t first_line, int32_t offset) {
  TableCursor cursor(table);
  int64_t line = first_line;
  int64_t end = 0;
  while (!cursor.at_end()) {
    const LocationEntry entry = ReadEntry(cursor);
    if (cursor.failed()) break;
    line += entry.line_delta;
    end += entry.length;
    if (end > offset) return MakePosition(line, entry);
  }
  return {.line = ToLine(line)};
}

}  // namespace

Position FindPosition(LineTable format, absl::Span<const uint8_t> table, int32_t first_line,
                      int32_t offset) {
  if (offset < 0) return {.line = ToLine(first_line)};
  switch (format) {
    case LineTable::kLnotabUnsigned:
      return FindInLnotab(table, first_line, offset, /*is_signed=*/false);
    case LineTable::kLnotabSigned:
      return FindInLnotab(table, first_line, offset, /*is_signed=*/true);
    case LineTable::kLinetable310:
      return FindInLinetable310(table, first_line, offset);
    case LineTable::kLocationTable:
      return FindInLocationTable(table, first_line, offset);
  }
  return {};
}

}  // namespace spyhop
