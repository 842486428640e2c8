// Input: a core file.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "sampler/core_command.h"
#include "symbolizer/core_file.h"
#include "symbolizer/core_memory.h"
#include "symbolizer/elf_image.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  spyhop::ScopedFd fd(memfd_create("core", MFD_CLOEXEC));
  if (write(fd.get(), data, size) != static_cast<ssize_t>(size)) return 0;
  const auto core = spyhop::CoreFile::Open(std::move(fd));
  if (!core.ok()) return 0;
  if (core->threads().empty() || core->pid() <= 0) __builtin_trap();
  spyhop::CoreMemory memory(*core);
  spyhop::RemoteAddress end;
  for (const spyhop::CoreMappedFile& file : core->mapped_files()) {
    if (file.range.begin() < end) __builtin_trap();
    end = file.range.end();
    memory.AddFile(file.range, core->fd(), file.offset);
    spyhop::BuildIdInMemory(memory, file.range.begin());
  }
  end = {};
  for (const spyhop::CoreSegment& segment : core->segments()) {
    if (segment.range.begin() < end || segment.file_size > segment.range.size()) __builtin_trap();
    end = segment.range.end();
    if (core->SegmentAt(segment.range.begin()) != &segment) __builtin_trap();
    char bytes[64];
    memory.ReadSome(segment.range.begin(), bytes, sizeof(bytes));
    memory.ReadSome(spyhop::RemoteAddress(end.value() - 1), bytes, sizeof(bytes));
  }
  spyhop::ReadCommandLine(*core, memory);
  return 0;
}
