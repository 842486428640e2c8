// Reads what a debugger needs from one ELF file: symbols by name, sections, where it was loaded,
// its build-id. Not DWARF, not unwinding.
//
// The file belongs to the target and is not trusted: nothing in it can make this crash, read out of
// bounds or fill the memory; what makes no sense, or is larger than in any real file, is left out.
// Sections are read when asked for and then kept until the ElfFile goes. Not thread-safe.
#ifndef SPYHOP_SYMBOLIZER_ELF_FILE_H_
#define SPYHOP_SYMBOLIZER_ELF_FILE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "base/scoped_fd.h"
#include "symbolizer/memory_map.h"

struct Elf;
struct Elf_Scn;

namespace spyhop {

struct ElfSymbol {
  std::string name;
  uint64_t address = 0;  // as linked: add the load bias
  uint64_t size = 0;
  uint64_t section_end = UINT64_MAX;  // as linked; of one without a size, if it lies in a section
  bool dynamic = false;               // from .dynsym, else .symtab
  bool local = false;
};

struct ElfSection {
  uint64_t address = 0;  // as linked
  uint64_t size = 0;
  size_t index = 0;  // of its header
};

struct ElfSegment {      // PT_LOAD
  uint64_t address = 0;  // as linked
  uint64_t offset = 0;
  uint64_t file_size = 0;
  uint64_t memory_size = 0;
  bool writable = false;
  bool executable = false;
};

class ElfFile {
 public:
  // kInvalidArgument: not an ELF file; kFailedPrecondition: one for 32-bit or another byte order.
  static absl::StatusOr<ElfFile> Open(ScopedFd fd);

  ElfFile(ElfFile&&) noexcept;
  ElfFile& operator=(ElfFile&&) noexcept;
  ~ElfFile();

  absl::Span<const ElfSegment> segments() const { return segments_; }
  // For libdw, as long as this lives.
  Elf* handle() const { return elf_.get(); }

  // What to add to this file's addresses to get those of the process, when `mapping` is one of its
  // mappings. Wraps: 0 for an executable that is not position-independent.
  std::optional<uint64_t> LoadBias(const Mapping& mapping) const;

  // Every defined symbol whose name is one of `names`, from .dynsym and then .symtab. One pass.
  std::vector<ElfSymbol> FindSymbols(absl::Span<const std::string_view> names) const;
  // The same for functions, by the name before the first '.': compilers split a function into
  // parts (`f.cold`, `f.part.0`, `f.constprop.0`). "g*" stands for every name that begins with g.
  std::vector<ElfSymbol> FindFunctions(absl::Span<const std::string_view> names) const;
  // Has it a .symtab, or only what other files may use of it (.dynsym)?
  bool HasSymbolTable() const;
  // One that is part of the process.
  std::optional<ElfSection> FindSection(std::string_view name) const;
  // All of that name, also those that are not loaded, in the order of their headers.
  std::vector<ElfSection> FindSections(std::string_view name) const;
  // The bytes of a section, also of one that is not loaded, for as long as this lives; empty when
  // the file has none, or more than 1 GiB.
  absl::Span<const char> ReadSection(std::string_view name) const;
  // Are the bytes of that section packed (gABI, "Compressed section")? libdw unpacks them.
  bool IsCompressed(std::string_view name) const;
  // Has it a section of more than that? Then libdw, which copies what it knows, is not for it.
  bool HasHugeSection() const;
  // The GNU build-id in lower-case hex; empty when there is none.
  std::string BuildId() const;

 private:
  struct CloseElf {
    void operator()(Elf* elf) const;
  };

  ElfFile(ScopedFd fd, std::unique_ptr<Elf, CloseElf> elf);
  void ReadSegments();

  ScopedFd fd_;  // outlives elf_
  std::unique_ptr<Elf, CloseElf> elf_;
  std::vector<ElfSegment> segments_;
};

}  // namespace spyhop

#endif  // SPYHOP_SYMBOLIZER_ELF_FILE_H_
