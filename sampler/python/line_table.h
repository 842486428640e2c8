// Instruction to line (and, from 3.11 on, columns), for every line-table format CPython has had.
// Pure: bytes in, position out. The bytes come from a hostile target and are bounds-checked.
//
// Decoding is linear in the table up to the instruction; callers cache by (code, instruction).
#ifndef SPYHOP_SAMPLER_PYTHON_LINE_TABLE_H_
#define SPYHOP_SAMPLER_PYTHON_LINE_TABLE_H_

#include <cstdint>

#include "absl/types/span.h"
#include "interp_layouts/features.h"

namespace spyhop {

// 1-based; columns count bytes of UTF-8; 0 = the table does not say.
struct Position {
  int32_t line = 0;
  int32_t column = 0;
  int32_t end_line = 0;
  int32_t end_column = 0;
  friend bool operator==(const Position&, const Position&) = default;
};

// The position of the instruction at byte `offset` into the bytecode (offsets count bytes in every
// version; negative: not started, gives first_line). A table that is damaged gives the last line
// that could be decoded.
Position FindPosition(LineTable format, absl::Span<const uint8_t> table, int32_t first_line,
                      int32_t offset);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_LINE_TABLE_H_
