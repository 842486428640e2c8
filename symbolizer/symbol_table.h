// The functions of one ELF file, by address: its .symtab and .dynsym, and those of a second file
// that has what was stripped from it, as one sorted table.
//
// Made once a file and off the sampling path (some 5 ms and 1 MiB for libpython's 16,000); a
// look-up is a binary search, where libdwfl's takes 100 us. Immutable, so any thread may use it.
#ifndef SPYHOP_SYMBOLIZER_SYMBOL_TABLE_H_
#define SPYHOP_SYMBOLIZER_SYMBOL_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "symbolizer/elf_file.h"

namespace spyhop {

class SymbolTable {
 public:
  // The linker's name, without a version ("read", not "read@@GLIBC_2.2.5"); lives as long as the
  // table.
  struct Function {
    std::string_view name;
    uint64_t address = 0;  // as linked
  };

  // `more` may be null.
  explicit SymbolTable(const ElfFile& file, const ElfFile* more = nullptr);

  // The function that holds `address`, as linked. Of several names for one place, one that other
  // files can see, with the fewest underscores in front.
  std::optional<Function> Find(uint64_t address) const;

 private:
  struct Entry {
    uint64_t address;
    uint64_t end;  // of one without a size: where the next one begins, or its section ends
    uint32_t name_at;
    uint32_t name_size;
  };

  std::string names_;
  std::vector<Entry> entries_;  // by address, each once
};

}  // namespace spyhop

#endif  // SPYHOP_SYMBOLIZER_SYMBOL_TABLE_H_
