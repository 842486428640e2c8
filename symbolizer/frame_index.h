// Where functions begin that a file has call frames of: its .eh_frame_hdr (Linux Standard Base 5.0,
// Core, 10.6.2), a table sorted by address that linkers make for each file.
//
// Copied once, 8 bytes a function; a look-up is a binary search. The file is not trusted.
// Immutable.
#ifndef SPYHOP_SYMBOLIZER_FRAME_INDEX_H_
#define SPYHOP_SYMBOLIZER_FRAME_INDEX_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "symbolizer/elf_file.h"

namespace spyhop {

class FrameIndex {
 public:
  explicit FrameIndex(const ElfFile& file);

  // How libdw looks for the entry of a pc (libdw/dwarf_getcfi_elf.c and fde.c).
  enum class Search : uint8_t {
    kHere,     // in this table: it finds what EntryAt does
    kLinear,   // in .eh_frame from its begin: without this table, or one that it passes over
    kUnclear,  // in a table that it reads otherwise than EntryAt does, or in another section
  };
  Search search() const { return search_; }
  // From the begin of the last function that begins at or before `pc` to that of the next one (of
  // the last one: to `pc`); as linked.
  std::optional<AddressRange> FunctionAt(uint64_t pc) const;
  // Where that function's entry is in .eh_frame, as linked.
  std::optional<uint64_t> EntryAt(uint64_t pc) const;

 private:
  // Both relative to the section.
  struct Function {
    int32_t begin;
    int32_t entry;
  };

  // Leaves functions_ as the file has them. False when it has none, or in another form than linkers
  // make.
  bool ReadFunctions(absl::Span<const char> bytes);
  // `bytes` are this table's.
  Search FindSearch(const ElfFile& file, absl::Span<const char> bytes) const;
  // nullptr when none begins at or before `pc`.
  const Function* At(uint64_t pc) const;
  uint64_t Address(int32_t distance) const {
    return base_ + static_cast<uint64_t>(int64_t{distance});
  }

  uint64_t base_ = 0;                // of the section
  std::vector<Function> functions_;  // by address of the begin
  Search search_ = Search::kUnclear;
};

}  // namespace spyhop

#endif  // SPYHOP_SYMBOLIZER_FRAME_INDEX_H_
