// Input: format, first line, then the table; every instruction of the first KiB is looked up.
#include <cstdint>

#include "base/bytes_cursor.h"
#include "sampler/python/line_table.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using spyhop::LineTable;
  spyhop::BytesCursor cursor({data, size});
  const auto format = static_cast<LineTable>(cursor.Read<uint8_t>() % 4);
  const auto first_line = cursor.Read<int32_t>();
  const absl::Span<const uint8_t> table(data + cursor.position(), cursor.remaining());
  for (int32_t offset = -2; offset < 1024; offset += 2) {
    const spyhop::Position position = FindPosition(format, table, first_line, offset);
    if (position.line < 0 || position.column < 0 || position.end_column < 0) __builtin_trap();
  }
  return 0;
}
