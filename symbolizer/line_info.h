// Source lines of the code of one file, from its debug information (DWARF 5, section 6.2).
//
// For reports, never on the sampling path: the first question of a compilation unit reads its line
// table, 0.1 to 10 ms; later ones are binary searches. Of a file whose .debug_info is compressed
// only the line tables are unpacked, where they are enough (LineIndex): 10 ms for glibc, not 35.
// Inlined functions are not told apart: the line is that of the instruction. The file is not
// trusted: nothing else is opened at its word but what dwz has made for this system. Not
// thread-safe.
#ifndef SPYHOP_SYMBOLIZER_LINE_INFO_H_
#define SPYHOP_SYMBOLIZER_LINE_INFO_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "symbolizer/elf_file.h"
#include "symbolizer/line_index.h"

struct Dwarf;
struct Dwarf_Line_s;

namespace spyhop {

class LineInfo {
 public:
  // Where the files are that dwz puts into what others have in common (dwz(1), --multifile).
  static constexpr std::string_view kDwzFolder = "/usr/lib/debug/.dwz/";

  // Null when the file has no debug information, or a part of it is in a file that is not there.
  static std::unique_ptr<LineInfo> Open(std::shared_ptr<const ElfFile> file,
                                        std::string_view dwz_folder = kDwzFolder);

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

  struct Information {
    std::shared_ptr<const ElfFile> file;  // outlives dwarf
    Handle dwarf;
  };

  LineInfo(Information common, Information own, std::optional<LineIndex> index);

  // Empty when the file has none.
  static Information Read(std::shared_ptr<const ElfFile> file);
  // Null when it needs more than the line tables.
  static std::unique_ptr<LineInfo> OpenLinesOnly(std::shared_ptr<const ElfFile> file);
  static std::unique_ptr<LineInfo> OpenWhole(std::shared_ptr<const ElfFile> file,
                                             std::string_view dwz_folder);
  Dwarf_Line_s* LineAt(uint64_t pc) const;
  Dwarf_Line_s* LineInTable(uint64_t table, uint64_t pc) const;

  const Information common_;  // outlives own_; may be empty
  const Information own_;
  const std::optional<LineIndex> index_;  // none: own_ has .debug_info
};

}  // namespace spyhop

#endif  // SPYHOP_SYMBOLIZER_LINE_INFO_H_
