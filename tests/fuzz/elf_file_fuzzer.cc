// Input: an ELF file.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <optional>

#include "symbolizer/debug_link.h"
#include "symbolizer/elf_file.h"
#include "symbolizer/frame_index.h"
#include "symbolizer/packed_symbols.h"
#include "symbolizer/symbol_table.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  spyhop::ScopedFd fd(memfd_create("elf", MFD_CLOEXEC));
  if (write(fd.get(), data, size) != static_cast<ssize_t>(size)) return 0;
  const auto file = spyhop::ElfFile::Open(std::move(fd));
  if (!file.ok()) return 0;
  file->FindSymbols({"_PyRuntime", "interp_head", "version"});
  file->FindSection(".PyRuntime");
  file->BuildId();
  file->HasSymbolTable();
  spyhop::ReadDebugLink(*file);
  const std::optional<spyhop::ElfFile> packed = spyhop::OpenPackedSymbols(*file);
  const spyhop::SymbolTable symbols(*file, packed ? &*packed : nullptr);
  const spyhop::FrameIndex functions(*file);
  for (const spyhop::ElfSegment& segment : file->segments()) {
    file->LoadBias({.executable = segment.executable, .offset = segment.offset});
    const auto symbol = symbols.Find(segment.address);
    if (symbol && symbol->address > segment.address) __builtin_trap();
    const auto function = functions.FunctionAt(segment.address);
    if (function && function->begin().value() > segment.address) __builtin_trap();
  }
  return 0;
}
