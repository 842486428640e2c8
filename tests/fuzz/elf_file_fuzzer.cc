// Input: an ELF file.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "symbolizer/elf_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  spyhop::ScopedFd fd(memfd_create("elf", MFD_CLOEXEC));
  if (write(fd.get(), data, size) != static_cast<ssize_t>(size)) return 0;
  const auto file = spyhop::ElfFile::Open(std::move(fd));
  if (!file.ok()) return 0;
  file->FindSymbols({"_PyRuntime", "interp_head", "version"});
  file->FindSection(".PyRuntime");
  file->BuildId();
  for (const spyhop::ElfSegment& segment : file->segments()) {
    file->LoadBias({.executable = segment.executable, .offset = segment.offset});
  }
  return 0;
}
