// Input: an ELF file with a call frame table.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <memory>

#include "symbolizer/call_frames.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr uint64_t kMostOfSegment = 256;
  spyhop::ScopedFd fd(memfd_create("elf", MFD_CLOEXEC));
  if (write(fd.get(), data, size) != static_cast<ssize_t>(size)) return 0;
  auto file = spyhop::ElfFile::Open(std::move(fd));
  if (!file.ok()) return 0;
  const auto shared = std::make_shared<const spyhop::ElfFile>(*std::move(file));
  const auto frames = spyhop::CallFrames::Open(shared);
  if (frames == nullptr) return 0;
  for (const spyhop::ElfSegment& segment : shared->segments()) {
    const uint64_t length = std::min(segment.memory_size, kMostOfSegment);
    for (uint64_t i = 0; i < length; ++i) frames->RowAt(segment.address + i);
  }
  frames->RowAt(UINT64_MAX);
  return 0;
}
