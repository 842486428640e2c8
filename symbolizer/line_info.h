// Source lines of the code of one file, from its debug information (DWARF 5, section 6.2).
//
// For reports, never on the sampling path: the first question of a compilation unit reads its line
// table, 0.1 to 10 ms; later ones are binary searches. Inlined functions are not told apart: the
// line is that of the instruction. The file is not trusted. Not thread-safe.
#ifndef SPYHOP_SYMBOLIZER_LINE_INFO_H_
#define SPYHOP_SYMBOLIZER_LINE_INFO_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "symbolizer/elf_file.h"

struct Dwarf;

namespace spyhop {

class LineInfo {
 public:
  // Null when the file has no debug information.
  static std::unique_ptr<LineInfo> Open(std::shared_ptr<const ElfFile> file);

  struct Place {
    std::string file;  // as the compiler was told
    int line = 0;
  };
  // Of the instruction at `pc`, as linked.
  std::optional<Place> At(uint64_t pc);

 private:
  struct EndDwarf {
    void operator()(Dwarf* dwarf) const;
  };
  using Handle = std::unique_ptr<Dwarf, EndDwarf>;

  LineInfo(std::shared_ptr<const ElfFile> file, Handle dwarf);

  const std::shared_ptr<const ElfFile> file_;  // outlives dwarf_
  const Handle dwarf_;
};

}  // namespace spyhop

#endif  // SPYHOP_SYMBOLIZER_LINE_INFO_H_
