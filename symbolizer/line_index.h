// Which line table of a file's .debug_line has an address, by a look at all of them (DWARF 5,
// section 6.2): without .debug_info, which libdw wants for that and which is most of a debug file.
//
// Follows only what the line programs say of addresses and makes no rows: 2 to 3 ns a byte, 3 ms
// for glibc's. Only for tables of version 5, which name their folders themselves. The bytes are
// not trusted. Does not change once made.
#ifndef SPYHOP_SYMBOLIZER_LINE_INDEX_H_
#define SPYHOP_SYMBOLIZER_LINE_INDEX_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"

namespace spyhop {

class LineIndex {
 public:
  // Nothing when a table is of another version, or makes no sense.
  static std::optional<LineIndex> Read(absl::Span<const char> debug_line);

  // The offset in .debug_line of the table that has `pc`, as linked.
  std::optional<uint64_t> TableAt(uint64_t pc) const;

 private:
  friend class LineIndexReader;

  struct Sequence {
    uint64_t begin = 0;
    uint64_t end = 0;
    uint64_t table = 0;
  };

  std::vector<Sequence> sequences_;  // in order of their beginnings
};

}  // namespace spyhop

#endif  // SPYHOP_SYMBOLIZER_LINE_INDEX_H_
