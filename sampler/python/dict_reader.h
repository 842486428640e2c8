// Walks the entries of a dict in the target, for every dict CPython has had: the open table of 2.7,
// the compact one of 3.6+ (combined and split), and the values an instance keeps outside any dict.
//
// Part of object_reader, which is what callers use. Entries are read some hundred at a time. Sizes
// are capped and false is returned for what cannot be a dict's table. A dict that changes meanwhile
// may give entries of either state: callers check what they get.
#ifndef SPYHOP_SAMPLER_PYTHON_DICT_READER_H_
#define SPYHOP_SAMPLER_PYTHON_DICT_READER_H_

#include <cstddef>

#include "absl/functional/function_ref.h"
#include "base/remote_memory.h"
#include "interp_layouts/layout.h"

namespace spyhop {

// Returns false to stop.
using ItemVisitor = absl::FunctionRef<bool(RemoteAddress key, RemoteAddress value)>;

class DictReader {
 public:
  // Both must outlive the reader.
  DictReader(RemoteMemory& memory, const Layout& layout) : memory_(memory), layout_(layout) {}

  // The entries of the dict object at `dict`, at most `limit`. Does not check its type.
  bool ForEach(RemoteAddress dict, size_t limit, ItemVisitor visit);
  // The entries of a PyDictKeysObject with their values at `values` (a PyDictValues), or, when
  // `values` is null, beside the keys.
  bool ForEachOfKeys(RemoteAddress keys, RemoteAddress values, size_t limit, ItemVisitor visit);

 private:
  // Entries as an array: where each entry's key and value lie.
  struct Table {
    RemoteAddress entries;
    RemoteAddress values;  // when not null, values[i] is the value of entry i
    uint64_t count = 0;
    size_t stride = 0;
    size_t key_offset = 0;
    size_t value_offset = 0;
  };

  bool FindOpenTable(RemoteAddress dict, Table& table);
  bool FindCompactTable(RemoteAddress keys, Table& table);
  bool FindCompactLog2Table(RemoteAddress keys, Table& table);
  bool ForEachOfTable(const Table& table, size_t limit, ItemVisitor visit);
  bool ReadPiece(const Table& table, uint64_t first, size_t count, void* entries, void* values);

  RemoteMemory& memory_;
  const Layout& layout_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_DICT_READER_H_
