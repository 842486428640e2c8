#include "symbolizer/line_info.h"

#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

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

}  // namespace

void LineInfo::EndDwarf::operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }

LineInfo::Information LineInfo::Read(std::shared_ptr<const ElfFile> file) {
  if (file == nullptr || file->HasHugeSection()) return {};
  Handle dwarf(dwarf_begin_elf(file->handle(), DWARF_C_READ, nullptr));
  return {std::move(file), std::move(dwarf)};
}

std::unique_ptr<LineInfo> LineInfo::Open(std::shared_ptr<const ElfFile> file,
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
  return std::unique_ptr<LineInfo>(new LineInfo(std::move(common), std::move(own)));
}

LineInfo::LineInfo(Information common, Information own)
    : common_(std::move(common)), own_(std::move(own)) {}

std::optional<LineInfo::Place> LineInfo::At(uint64_t pc) {
  // Functions that the linker has left out are told to lie at 0.
  const absl::Span<const ElfSegment> segments = own_.file->segments();
  const bool is_code = std::any_of(segments.begin(), segments.end(), [pc](const ElfSegment& each) {
    return each.executable && pc >= each.address && pc - each.address < each.memory_size;
  });
  Dwarf_Die unit;
  if (!is_code || dwarf_addrdie(own_.dwarf.get(), pc, &unit) == nullptr) return std::nullopt;
  Dwarf_Line* line = dwarf_getsrc_die(&unit, pc);
  int number = 0;
  if (line == nullptr || dwarf_lineno(line, &number) != 0 || number <= 0) return std::nullopt;
  const char* path = dwarf_linesrc(line, nullptr, nullptr);
  if (path == nullptr) return std::nullopt;
  return Place{path, number};
}

}  // namespace spyhop
