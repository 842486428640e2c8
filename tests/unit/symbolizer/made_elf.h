#ifndef SPYHOP_TESTS_UNIT_SYMBOLIZER_MADE_ELF_H_
#define SPYHOP_TESTS_UNIT_SYMBOLIZER_MADE_ELF_H_

#include <elf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "symbolizer/elf_file.h"

namespace spyhop {

// What a test sets of a section, in the order of their headers.
struct MadeSection {
  std::string name;
  std::string bytes;
  uint64_t address = 0;
  uint32_t type = SHT_PROGBITS;
  uint32_t link = 0;
  uint64_t size = 0;  // as its header says; 0: that of the bytes
};

inline void AppendBytes(std::string& bytes, const void* data, size_t size) {
  bytes.append(static_cast<const char*>(data), size);
}

template <typename T>
std::string BytesOf(const T& value) {
  std::string bytes;
  AppendBytes(bytes, &value, sizeof(value));
  return bytes;
}

// A shared object of these sections (1, 2, ...), with one segment of code from 0 to 0x10000.
inline std::string MadeElf(std::vector<MadeSection> sections) {
  sections.push_back({.name = ".shstrtab", .type = SHT_STRTAB});
  std::string names(1, '\0');
  std::vector<Elf64_Shdr> headers(1);
  std::string contents;
  constexpr uint64_t kBegin = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
  for (MadeSection& section : sections) {
    const auto name_at = static_cast<uint32_t>(names.size());
    names += section.name + '\0';
    if (&section == &sections.back()) section.bytes = names;
    contents.resize((contents.size() + 7) / 8 * 8);
    headers.push_back({.sh_name = name_at,
                       .sh_type = section.type,
                       .sh_flags = SHF_ALLOC,
                       .sh_addr = section.address,
                       .sh_offset = kBegin + contents.size(),
                       .sh_size = section.size != 0 ? section.size : section.bytes.size(),
                       .sh_link = section.link,
                       .sh_info = 0,
                       .sh_addralign = 1,
                       .sh_entsize = section.type == SHT_SYMTAB ? sizeof(Elf64_Sym) : 0});
    contents += section.bytes;
  }
  contents.resize((contents.size() + 7) / 8 * 8);
  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_DYN;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof(Elf64_Ehdr);
  header.e_phoff = sizeof(Elf64_Ehdr);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;
  header.e_shoff = kBegin + contents.size();
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = static_cast<uint16_t>(headers.size());
  header.e_shstrndx = static_cast<uint16_t>(headers.size() - 1);
  Elf64_Phdr code = {};
  code.p_type = PT_LOAD;
  code.p_flags = PF_R | PF_X;
  code.p_filesz = code.p_memsz = 0x10000;
  std::string bytes = BytesOf(header) + BytesOf(code) + contents;
  AppendBytes(bytes, headers.data(), headers.size() * sizeof(Elf64_Shdr));
  return bytes;
}

// `size` is that of the file, when it is to be larger than its bytes.
inline std::shared_ptr<const ElfFile> OpenMadeElf(const std::string& bytes, off_t size = 0) {
  ScopedFd fd(memfd_create("made_elf", MFD_CLOEXEC));
  if (write(fd.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    return nullptr;
  }
  if (size != 0 && ftruncate(fd.get(), size) != 0) return nullptr;
  absl::StatusOr<ElfFile> file = ElfFile::Open(std::move(fd));
  return file.ok() ? std::make_shared<const ElfFile>(*std::move(file)) : nullptr;
}

}  // namespace spyhop

#endif  // SPYHOP_TESTS_UNIT_SYMBOLIZER_MADE_ELF_H_
