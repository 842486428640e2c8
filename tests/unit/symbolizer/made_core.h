#ifndef SPYHOP_TESTS_UNIT_SYMBOLIZER_MADE_CORE_H_
#define SPYHOP_TESTS_UNIT_SYMBOLIZER_MADE_CORE_H_

#include <elf.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/procfs.h>
#include <sys/user.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/scoped_fd.h"
#include "symbolizer/core_file.h"

namespace spyhop {

template <typename T>
std::string RawBytes(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

// One note, as the kernel writes it.
inline std::string MadeNote(uint32_t type, std::string contents,
                            const std::string& owner = "CORE") {
  const Elf64_Nhdr head{.n_namesz = static_cast<uint32_t>(owner.size() + 1),
                        .n_descsz = static_cast<uint32_t>(contents.size()),
                        .n_type = type};
  std::string name = owner + '\0';
  name.resize((name.size() + 3) / 4 * 4);
  contents.resize((contents.size() + 3) / 4 * 4);
  return RawBytes(head) + name + contents;
}

inline std::string MadeThread(int tid, int signal = 0, const user_regs_struct& registers = {}) {
  prstatus_t status = {};
  status.pr_pid = tid;
  status.pr_cursig = static_cast<short>(signal);
  std::memcpy(&status.pr_reg, &registers, sizeof(registers));
  return MadeNote(NT_PRSTATUS, RawBytes(status));
}

inline std::string MadeProcess(int pid, const std::string& name, const std::string& command) {
  prpsinfo_t process = {};
  process.pr_pid = pid;
  process.pr_uid = 1000;
  name.copy(process.pr_fname, sizeof(process.pr_fname));
  command.copy(process.pr_psargs, sizeof(process.pr_psargs));
  return MadeNote(NT_PRPSINFO, RawBytes(process));
}

// Offsets in pages.
inline std::string MadeFiles(const std::vector<CoreMappedFile>& files) {
  std::string contents = RawBytes(uint64_t{files.size()}) + RawBytes(uint64_t{4096});
  for (const CoreMappedFile& file : files) {
    contents += RawBytes(file.range.begin().value()) + RawBytes(file.range.end().value()) +
                RawBytes(file.offset);
  }
  for (const CoreMappedFile& file : files) contents += file.path + '\0';
  return MadeNote(NT_FILE, contents);
}

inline std::string MadeAuxiliary(const std::vector<std::pair<uint64_t, uint64_t>>& entries) {
  std::string contents;
  for (const auto& [type, value] : entries) contents += RawBytes(type) + RawBytes(value);
  return MadeNote(NT_AUXV, contents + RawBytes(uint64_t{AT_NULL}) + RawBytes(uint64_t{0}));
}

struct MadeSegment {
  uint64_t address = 0;
  uint64_t size = 0;
  std::string bytes;  // those that were written
  uint32_t flags = PF_R | PF_W;
  uint64_t file_size = UINT64_MAX;  // as its header says; else that of the bytes
};

inline Elf64_Ehdr MadeCoreHeader() {
  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_CORE;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof(Elf64_Ehdr);
  header.e_phoff = sizeof(Elf64_Ehdr);
  header.e_phentsize = sizeof(Elf64_Phdr);
  return header;
}

inline std::string MadeCore(const std::string& notes, const std::vector<MadeSegment>& segments,
                            Elf64_Ehdr header = MadeCoreHeader()) {
  header.e_phnum = static_cast<uint16_t>(segments.size() + 1);
  uint64_t offset = sizeof(Elf64_Ehdr) + header.e_phnum * sizeof(Elf64_Phdr);
  std::string headers = RawBytes(
      Elf64_Phdr{.p_type = PT_NOTE, .p_flags = 0, .p_offset = offset, .p_filesz = notes.size()});
  offset += notes.size();
  std::string contents = notes;
  for (const MadeSegment& segment : segments) {
    const uint64_t size =
        segment.file_size == UINT64_MAX ? segment.bytes.size() : segment.file_size;
    headers += RawBytes(Elf64_Phdr{.p_type = PT_LOAD,
                                   .p_flags = segment.flags,
                                   .p_offset = offset,
                                   .p_vaddr = segment.address,
                                   .p_filesz = size,
                                   .p_memsz = segment.size});
    offset += segment.bytes.size();
    contents += segment.bytes;
  }
  return RawBytes(header) + headers + contents;
}

inline absl::StatusOr<CoreFile> OpenMadeCore(const std::string& bytes) {
  ScopedFd fd(memfd_create("core", MFD_CLOEXEC));
  if (write(fd.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    return absl::InternalError("cannot be made");
  }
  return CoreFile::Open(std::move(fd));
}

}  // namespace spyhop

#endif  // SPYHOP_TESTS_UNIT_SYMBOLIZER_MADE_CORE_H_
