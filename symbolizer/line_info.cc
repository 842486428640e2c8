#include "symbolizer/line_info.h"

#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <gelf.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"

namespace spyhop {
namespace {

// Where in `folder` a file is that another one calls `name`: an absolute path, or one relative to a
// place that the file had once. Empty when dwz gives no such name.
std::string DwzPath(std::string_view name, std::string_view folder) {
  constexpr std::string_view kMark = "/.dwz/";
  const size_t at = name.rfind(kMark);
  if (at == std::string_view::npos) return "";
  const std::string_view rest = name.substr(at + kMark.size());
  return rest.find("..") == std::string_view::npos ? std::string(folder).append(rest) : "";
}

// A regular file of that build-id, or null. Waits for nothing, whatever is there.
std::shared_ptr<const ElfFile> OpenExactly(const std::string& path, std::string_view build_id) {
  ScopedFd fd(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat status;
  if (!fd.valid() || fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return nullptr;
  absl::StatusOr<ElfFile> file = ElfFile::Open(std::move(fd));
  if (!file.ok() || file->BuildId() != absl::BytesToHexString({build_id.data(), build_id.size()}))
    return nullptr;
  return std::make_shared<const ElfFile>(*std::move(file));
}

// While it lives, the debug sections seem to have no bytes, but for those with line tables and
// their names. libdw unpacks each section that it knows when it opens a file, wanted or not
// (libdw/dwarf_begin_elf.c, check_section), and leaves out SHT_NOBITS.
class ScopedLinesOnly {
 public:
  explicit ScopedLinesOnly(Elf* elf) {
    size_t names = 0;
    if (elf_getshdrstrndx(elf, &names) != 0) return;
    Elf_Scn* section = nullptr;
    while ((section = elf_nextscn(elf, section)) != nullptr) {
      GElf_Shdr header;
      if (gelf_getshdr(section, &header) == nullptr) continue;
      const char* text = elf_strptr(elf, names, header.sh_name);
      const std::string_view name = text == nullptr ? "" : text;
      if (name.substr(0, kDebug.size()) != kDebug || IsWanted(name)) continue;
      hidden_.emplace_back(section, header.sh_type);
      SetType(section, SHT_NOBITS);
    }
  }
  ~ScopedLinesOnly() {
    for (const auto& [section, type] : hidden_) SetType(section, type);
  }
  ScopedLinesOnly(const ScopedLinesOnly&) = delete;
  ScopedLinesOnly& operator=(const ScopedLinesOnly&) = delete;

 private:
  static constexpr std::string_view kDebug = ".debug_";
  static constexpr std::string_view kWanted[] = {".debug_line", ".debug_line_str", ".debug_str"};

  static bool IsWanted(std::string_view name) {
    return std::find(std::begin(kWanted), std::end(kWanted), name) != std::end(kWanted);
  }
  // In memory: the file is open for reading.
  static void SetType(Elf_Scn* section, uint32_t type) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) return;
    header.sh_type = type;
    gelf_update_shdr(section, &header);
  }

  std::vector<std::pair<Elf_Scn*, uint32_t>> hidden_;
};

}  // namespace

void LineInfo::EndDwarf::operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }

LineInfo::Information LineInfo::Read(std::shared_ptr<const ElfFile> file) {
  if (file == nullptr || file->HasHugeSection()) return {};
  Handle dwarf(dwarf_begin_elf(file->handle(), DWARF_C_READ, nullptr));
  return {std::move(file), std::move(dwarf)};
}

std::unique_ptr<LineInfo> LineInfo::Open(std::shared_ptr<const ElfFile> file,
                                         std::string_view dwz_folder) {
  if (std::unique_ptr<LineInfo> lines = OpenLinesOnly(file)) return lines;
  return OpenWhole(std::move(file), dwz_folder);
}

std::unique_ptr<LineInfo> LineInfo::OpenLinesOnly(std::shared_ptr<const ElfFile> file) {
  if (file == nullptr || !file->IsCompressed(".debug_info")) return nullptr;
  const ScopedLinesOnly lines_only(file->handle());
  Information own = Read(std::move(file));
  if (own.dwarf == nullptr) return nullptr;
  std::optional<LineIndex> index = LineIndex::Read(own.file->ReadSection(".debug_line"));
  if (!index) return nullptr;
  return std::unique_ptr<LineInfo>(new LineInfo({}, std::move(own), std::move(index)));
}

std::unique_ptr<LineInfo> LineInfo::OpenWhole(std::shared_ptr<const ElfFile> file,
                                              std::string_view dwz_folder) {
  Information own = Read(std::move(file));
  if (own.dwarf == nullptr) return nullptr;
  Information common;
  const char* name = nullptr;
  const void* id = nullptr;
  const ssize_t id_size = dwelf_dwarf_gnu_debugaltlink(own.dwarf.get(), &name, &id);
  if (id_size > 0) {
    // Else libdw would open whatever path it is told, and wait if that is a pipe (libdw.h,
    // dwarf_setalt).
    common = Read(OpenExactly(DwzPath(name, dwz_folder),
                              {static_cast<const char*>(id), static_cast<size_t>(id_size)}));
    if (common.dwarf == nullptr) return nullptr;
    dwarf_setalt(own.dwarf.get(), common.dwarf.get());
  }
  return std::unique_ptr<LineInfo>(new LineInfo(std::move(common), std::move(own), std::nullopt));
}

LineInfo::LineInfo(Information common, Information own, std::optional<LineIndex> index)
    : common_(std::move(common)), own_(std::move(own)), index_(std::move(index)) {}

std::optional<LineInfo::Place> LineInfo::At(uint64_t pc) {
  // Functions that the linker has left out are told to lie at 0.
  const absl::Span<const ElfSegment> segments = own_.file->segments();
  const bool is_code = std::any_of(segments.begin(), segments.end(), [pc](const ElfSegment& each) {
    return each.executable && pc >= each.address && pc - each.address < each.memory_size;
  });
  Dwarf_Line* line = is_code ? LineAt(pc) : nullptr;
  int number = 0;
  if (line == nullptr || dwarf_lineno(line, &number) != 0 || number <= 0) return std::nullopt;
  const char* path = dwarf_linesrc(line, nullptr, nullptr);
  if (path == nullptr) return std::nullopt;
  return Place{path, number};
}

Dwarf_Line* LineInfo::LineAt(uint64_t pc) const {
  if (index_) {
    const std::optional<uint64_t> table = index_->TableAt(pc);
    return table ? LineInTable(*table, pc) : nullptr;
  }
  Dwarf_Die unit;
  const bool found = dwarf_addrdie(own_.dwarf.get(), pc, &unit) != nullptr;
  return found ? dwarf_getsrc_die(&unit, pc) : nullptr;
}

// The last row at or before `pc`: rows are in order of their addresses.
Dwarf_Line* LineInfo::LineInTable(uint64_t table, uint64_t pc) const {
  Dwarf_Lines* lines = nullptr;
  size_t count = 0;
  Dwarf_Off next = 0;
  Dwarf_CU* unit = nullptr;
  if (dwarf_next_lines(own_.dwarf.get(), table, &next, &unit, nullptr, nullptr, &lines, &count) !=
      0) {
    return nullptr;
  }
  size_t begin = 0;
  for (size_t end = count; begin < end;) {
    const size_t middle = begin + (end - begin) / 2;
    Dwarf_Addr address = 0;
    dwarf_lineaddr(dwarf_onesrcline(lines, middle), &address);
    if (address <= pc) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  Dwarf_Line* line = begin == 0 ? nullptr : dwarf_onesrcline(lines, begin - 1);
  bool ends = true;
  return dwarf_lineendsequence(line, &ends) == 0 && !ends ? line : nullptr;
}

}  // namespace spyhop
