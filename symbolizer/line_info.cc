#include "symbolizer/line_info.h"

#include <elfutils/libdw.h>

#include <algorithm>
#include <utility>

namespace spyhop {

void LineInfo::EndDwarf::operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }

std::unique_ptr<LineInfo> LineInfo::Open(std::shared_ptr<const ElfFile> file) {
  Handle dwarf(dwarf_begin_elf(file->handle(), DWARF_C_READ, nullptr));
  if (dwarf == nullptr) return nullptr;
  return std::unique_ptr<LineInfo>(new LineInfo(std::move(file), std::move(dwarf)));
}

LineInfo::LineInfo(std::shared_ptr<const ElfFile> file, Handle dwarf)
    : file_(std::move(file)), dwarf_(std::move(dwarf)) {}

std::optional<LineInfo::Place> LineInfo::At(uint64_t pc) {
  // Functions that the linker has left out are told to lie at 0.
  const absl::Span<const ElfSegment> segments = file_->segments();
  const bool is_code = std::any_of(segments.begin(), segments.end(), [pc](const ElfSegment& each) {
    return each.executable && pc >= each.address && pc - each.address < each.memory_size;
  });
  Dwarf_Die unit;
  if (!is_code || dwarf_addrdie(dwarf_.get(), pc, &unit) == nullptr) return std::nullopt;
  Dwarf_Line* line = dwarf_getsrc_die(&unit, pc);
  int number = 0;
  if (line == nullptr || dwarf_lineno(line, &number) != 0 || number <= 0) return std::nullopt;
  const char* path = dwarf_linesrc(line, nullptr, nullptr);
  if (path == nullptr) return std::nullopt;
  return Place{path, number};
}

}  // namespace spyhop
