#include "symbolizer/elf_file.h"

#include <elf.h>
#include <gelf.h>
#include <libelf.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace spyhop {
namespace {

constexpr unsigned char kNativeByteOrder = ELFDATA2LSB;  // x86-64 and aarch64 Linux

// Of one section. libelf copies as much as a header says if the file is that large, sparse or not.
constexpr uint64_t kMostBytes = 1 << 30;
// Of a file's notes, each of which would be a copy.
constexpr uint64_t kMostOfNotes = 1 << 20;
constexpr int kMostNotes = 64;
// A longer one is left out.
constexpr size_t kLongestName = 64 << 10;
// Symbols share names, as functions of one name in many files do: of the names that a table refers
// to, so many times what it has.
constexpr uint64_t kMostShared = 16;
constexpr uint64_t kAlwaysShared = 1 << 20;

const char* LibelfError() {
  const char* message = elf_errmsg(-1);
  return message != nullptr ? message : "unknown error";
}

// Is the section small enough to be copied? (libelf refuses what reaches beyond the file.)
bool IsSmall(Elf_Scn* section, uint64_t most = kMostBytes) {
  GElf_Shdr header;
  return gelf_getshdr(section, &header) != nullptr && header.sh_size <= most;
}

// The bytes of a section, in native order; empty when the file does not have them.
absl::Span<const char> SectionBytes(Elf_Scn* section) {
  if (!IsSmall(section)) return {};
  const Elf_Data* data = elf_getdata(section, nullptr);
  if (data == nullptr || data->d_buf == nullptr) return {};
  return {static_cast<const char*>(data->d_buf), data->d_size};
}

// The NUL-terminated name at `offset` of a string table; nothing for one that is too long.
std::optional<std::string_view> NameAt(absl::Span<const char> strings, uint64_t offset) {
  if (offset >= strings.size()) return std::nullopt;
  const char* begin = strings.data() + offset;
  const void* end = std::memchr(begin, 0, std::min(strings.size() - offset, kLongestName));
  if (end == nullptr) return std::nullopt;
  return std::string_view(begin, static_cast<size_t>(static_cast<const char*>(end) - begin));
}

bool IsDefined(const Elf64_Sym& symbol) {
  const unsigned char type = ELF64_ST_TYPE(symbol.st_info);
  return symbol.st_shndx != SHN_UNDEF && symbol.st_value != 0 && type != STT_TLS &&
         type != STT_SECTION && type != STT_FILE;
}

// Is the name one of those asked for?
class NameSet {
 public:
  explicit NameSet(absl::Span<const std::string_view> names) : names_(names.begin(), names.end()) {}
  bool operator()(const Elf64_Sym&, std::string_view name) const { return names_.contains(name); }

 private:
  absl::flat_hash_set<std::string_view> names_;
};

// Is it a function, or a part of one, whose name is one of those asked for or begins like one?
class FunctionSet {
 public:
  explicit FunctionSet(absl::Span<const std::string_view> names) {
    for (const std::string_view name : names) {
      if (name.empty() || name.back() != '*') {
        names_.insert(name);
      } else {
        beginnings_.push_back(name.substr(0, name.size() - 1));
      }
    }
  }

  bool operator()(const Elf64_Sym& symbol, std::string_view name) const {
    if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC) return false;
    return names_.contains(name.substr(0, name.find('.'))) ||
           std::any_of(beginnings_.begin(), beginnings_.end(), [name](std::string_view begin) {
             return name.substr(0, begin.size()) == begin;
           });
  }

 private:
  absl::flat_hash_set<std::string_view> names_;
  std::vector<std::string_view> beginnings_;
};

// Of the symbol's section, as linked.
uint64_t SectionEnd(Elf* elf, const Elf64_Sym& symbol) {
  GElf_Shdr header;
  const bool in_section = symbol.st_shndx < SHN_LORESERVE &&
                          gelf_getshdr(elf_getscn(elf, symbol.st_shndx), &header) != nullptr;
  return in_section ? header.sh_addr + header.sh_size : UINT64_MAX;
}

// Appends the symbols of one table for which `wants(symbol, name)`.
template <typename Wants>
void CollectSymbols(Elf* elf, Elf_Scn* section, const GElf_Shdr& header, const Wants& wants,
                    std::vector<ElfSymbol>& out) {
  const absl::Span<const char> table = SectionBytes(section);
  Elf_Scn* strings_section = elf_getscn(elf, header.sh_link);
  if (strings_section == nullptr) return;
  const absl::Span<const char> strings = SectionBytes(strings_section);
  uint64_t left = kMostShared * strings.size() + kAlwaysShared;  // of bytes to look at
  for (size_t at = 0; at + sizeof(Elf64_Sym) <= table.size(); at += sizeof(Elf64_Sym)) {
    Elf64_Sym symbol;
    std::memcpy(&symbol, table.data() + at, sizeof(symbol));
    if (!IsDefined(symbol)) continue;
    const std::optional<std::string_view> name = NameAt(strings, symbol.st_name);
    const uint64_t looked_at = name ? name->size() + 1 : kLongestName;
    if (looked_at > left) return;
    left -= looked_at;
    if (!name || !wants(symbol, *name)) continue;
    out.push_back({.name = std::string(*name),
                   .address = symbol.st_value,
                   .size = symbol.st_size,
                   .section_end = symbol.st_size == 0 ? SectionEnd(elf, symbol) : UINT64_MAX,
                   .dynamic = header.sh_type == SHT_DYNSYM,
                   .local = ELF64_ST_BIND(symbol.st_info) == STB_LOCAL});
  }
}

// The table of the sections' names; nothing when the file has none.
std::optional<size_t> SectionNames(Elf* elf) {
  size_t index = 0;
  if (elf_getshdrstrndx(elf, &index) != 0) return std::nullopt;
  Elf_Scn* section = elf_getscn(elf, index);
  if (section == nullptr || !IsSmall(section)) return std::nullopt;
  return index;
}

// Calls `visit(section, header)` for each section.
template <typename Visit>
void ForEachSection(Elf* elf, Visit visit) {
  Elf_Scn* section = nullptr;
  while ((section = elf_nextscn(elf, section)) != nullptr) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) != nullptr) visit(section, header);
  }
}

// The same for each one of that name.
template <typename Visit>
void ForEachNamed(Elf* elf, std::string_view name, Visit visit) {
  const std::optional<size_t> names = SectionNames(elf);
  if (!names) return;
  ForEachSection(elf, [&](Elf_Scn* section, const GElf_Shdr& header) {
    const char* text = elf_strptr(elf, *names, header.sh_name);
    if (text != nullptr && name == text) visit(section, header);
  });
}

// The first section of a name that `fits(header)`.
template <typename Fits>
Elf_Scn* FindNamed(Elf* elf, std::string_view name, GElf_Shdr& found, Fits fits) {
  Elf_Scn* result = nullptr;
  ForEachNamed(elf, name, [&](Elf_Scn* section, const GElf_Shdr& header) {
    if (result != nullptr || !fits(header)) return;
    result = section;
    found = header;
  });
  return result;
}

ElfSection MakeSection(Elf_Scn* section, const GElf_Shdr& header) {
  return {.address = header.sh_addr, .size = header.sh_size, .index = elf_ndxscn(section)};
}

// .dynsym before .symtab; a file has one of each (gABI, "Sections").
template <typename Wants>
std::vector<ElfSymbol> Find(Elf* elf, const Wants& wants) {
  std::vector<ElfSymbol> found;
  for (const uint32_t type : {SHT_DYNSYM, SHT_SYMTAB}) {
    bool first = true;
    ForEachSection(elf, [&](Elf_Scn* section, const GElf_Shdr& header) {
      if (header.sh_type != type || !std::exchange(first, false)) return;
      CollectSymbols(elf, section, header, wants, found);
    });
  }
  return found;
}

// The build-id of one note section or segment (Elf64_Nhdr, name, description, 4-byte aligned).
std::optional<std::string> BuildIdIn(Elf_Data* notes) {
  GElf_Nhdr note;
  size_t name_at = 0;
  size_t description_at = 0;
  const absl::Span<const char> bytes(static_cast<const char*>(notes->d_buf), notes->d_size);
  for (size_t at = 0; (at = gelf_getnote(notes, at, &note, &name_at, &description_at)) > 0;) {
    if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != sizeof(ELF_NOTE_GNU)) continue;
    if (std::memcmp(bytes.data() + name_at, ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU)) != 0) continue;
    return absl::BytesToHexString({bytes.data() + description_at, note.n_descsz});
  }
  return std::nullopt;
}

absl::Status CheckIdentification(Elf* elf) {
  size_t size = 0;
  const char* ident = elf_getident(elf, &size);
  if (elf_kind(elf) != ELF_K_ELF || ident == nullptr || size < EI_NIDENT) {
    return absl::InvalidArgumentError("not an ELF file");
  }
  if (ident[EI_CLASS] == ELFCLASS32) {
    return absl::FailedPreconditionError("a 32-bit ELF file; only 64-bit processes are supported");
  }
  if (ident[EI_CLASS] != ELFCLASS64 || ident[EI_DATA] != kNativeByteOrder) {
    return absl::FailedPreconditionError("an ELF file for another kind of machine");
  }
  return absl::OkStatus();
}

}  // namespace

void ElfFile::CloseElf::operator()(Elf* elf) const { elf_end(elf); }

ElfFile::ElfFile(ScopedFd fd, std::unique_ptr<Elf, CloseElf> elf)
    : fd_(std::move(fd)), elf_(std::move(elf)) {}
ElfFile::ElfFile(ElfFile&&) noexcept = default;
ElfFile& ElfFile::operator=(ElfFile&&) noexcept = default;
ElfFile::~ElfFile() = default;

absl::StatusOr<ElfFile> ElfFile::Open(ScopedFd fd) {
  elf_version(EV_CURRENT);
  // Read, never mapped: a file that is cut short while it is mapped would end in SIGBUS.
  std::unique_ptr<Elf, CloseElf> elf(elf_begin(fd.get(), ELF_C_READ, nullptr));
  if (elf == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("not an ELF file: ", LibelfError()));
  }
  if (const absl::Status status = CheckIdentification(elf.get()); !status.ok()) return status;
  ElfFile file(std::move(fd), std::move(elf));
  file.ReadSegments();
  return file;
}

void ElfFile::ReadSegments() {
  size_t count = 0;
  if (elf_getphdrnum(elf_.get(), &count) != 0) return;
  for (size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf_.get(), static_cast<int>(i), &header) == nullptr) break;
    if (header.p_type != PT_LOAD) continue;
    segments_.push_back({.address = header.p_vaddr,
                         .offset = header.p_offset,
                         .file_size = header.p_filesz,
                         .memory_size = header.p_memsz,
                         .writable = (header.p_flags & PF_W) != 0,
                         .executable = (header.p_flags & PF_X) != 0});
  }
}

// The loader maps whole pages, so a mapping may begin before its segment does, and two segments may
// share a page of the file. Then the right one is executable as the mapping is, and begins in the
// mapping's first page rather than before (mprotect splits only what lies behind that page).
std::optional<uint64_t> ElfFile::LoadBias(const Mapping& mapping) const {
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  std::optional<uint64_t> bias;
  int best = -1;
  for (const ElfSegment& segment : segments_) {
    const uint64_t first = segment.offset & ~(page - 1);
    if (mapping.offset < first || mapping.offset >= segment.offset + segment.file_size) continue;
    const int likeness = (segment.executable == mapping.executable ? 4 : 0) +
                         (first == mapping.offset ? 2 : 0) +
                         (segment.writable == mapping.writable ? 1 : 0);
    if (likeness <= best) continue;
    best = likeness;
    bias = mapping.range.begin().value() - (segment.address - segment.offset + mapping.offset);
  }
  return bias;
}

std::vector<ElfSymbol> ElfFile::FindSymbols(absl::Span<const std::string_view> names) const {
  return Find(elf_.get(), NameSet(names));
}

std::vector<ElfSymbol> ElfFile::FindFunctions(absl::Span<const std::string_view> names) const {
  return Find(elf_.get(), FunctionSet(names));
}

bool ElfFile::HasSymbolTable() const {
  bool found = false;
  ForEachSection(elf_.get(), [&](Elf_Scn*, const GElf_Shdr& header) {
    found = found || header.sh_type == SHT_SYMTAB;
  });
  return found;
}

std::optional<ElfSection> ElfFile::FindSection(std::string_view name) const {
  GElf_Shdr header;
  const auto is_loaded = [](const GElf_Shdr& each) { return (each.sh_flags & SHF_ALLOC) != 0; };
  Elf_Scn* section = FindNamed(elf_.get(), name, header, is_loaded);
  if (section == nullptr) return std::nullopt;
  return MakeSection(section, header);
}

std::vector<ElfSection> ElfFile::FindSections(std::string_view name) const {
  std::vector<ElfSection> found;
  ForEachNamed(elf_.get(), name, [&found](Elf_Scn* section, const GElf_Shdr& header) {
    found.push_back(MakeSection(section, header));
  });
  return found;
}

absl::Span<const char> ElfFile::ReadSection(std::string_view name) const {
  GElf_Shdr header;
  const auto is_in_file = [](const GElf_Shdr& each) { return each.sh_type != SHT_NOBITS; };
  Elf_Scn* section = FindNamed(elf_.get(), name, header, is_in_file);
  return section == nullptr ? absl::Span<const char>() : SectionBytes(section);
}

bool ElfFile::IsCompressed(std::string_view name) const {
  GElf_Shdr header;
  const auto is_packed = [](const GElf_Shdr& each) {
    return (each.sh_flags & SHF_COMPRESSED) != 0;
  };
  return FindNamed(elf_.get(), name, header, is_packed) != nullptr;
}

bool ElfFile::HasHugeSection() const {
  bool found = false;
  ForEachSection(elf_.get(), [&found](Elf_Scn* section, const GElf_Shdr& header) {
    found = found || (header.sh_type != SHT_NOBITS && !IsSmall(section));
  });
  return found;
}

std::string ElfFile::BuildId() const {
  std::string id;
  int left = kMostNotes;
  ForEachSection(elf_.get(), [&](Elf_Scn* section, const GElf_Shdr& header) {
    if (!id.empty() || header.sh_type != SHT_NOTE || left-- <= 0) return;
    if (!IsSmall(section, kMostOfNotes)) return;
    Elf_Data* notes = elf_getdata(section, nullptr);
    if (notes != nullptr && notes->d_buf != nullptr) id = BuildIdIn(notes).value_or("");
  });
  return id;
}

}  // namespace spyhop
