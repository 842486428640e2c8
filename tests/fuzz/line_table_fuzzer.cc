// Input: format, first line, then the table; every instruction of the first KiB is looked up.
#include <cstdint>
#include <cstring>

#include "sampler/python/line_table.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using spyhop::LineTable;
  int32_t first_line;
  constexpr size_t kHeader = 1 + sizeof(first_line);
  if (size < kHeader) return 0;
  const auto format = static_cast<LineTable>(data[0] % 4);
  std::memcpy(&first_line, data + 1, sizeof(first_line));
  const absl::Span<const uint8_t> table(data + kHeader, size - kHeader);
  for (int32_t offset = -2; offset < 1024; offset += 2) {
    const spyhop::Position position = FindPosition(format, table, first_line, offset);
    if (position.line < 0 || position.column < 0 || position.end_column < 0) __builtin_trap();
  }
  return 0;
}
