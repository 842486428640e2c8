// The ELF file behind a mapping of the target, and where it was loaded. Some 50 us and a
// descriptor; sections are read when asked for.
#ifndef SPYHOP_SAMPLER_LOADED_ELF_H_
#define SPYHOP_SAMPLER_LOADED_ELF_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "base/remote_memory.h"
#include "sampler/target/target_files.h"
#include "symbolizer/elf_file.h"
#include "symbolizer/memory_map.h"

namespace spyhop {

struct LoadedElf {
  std::shared_ptr<const ElfFile> file;
  uint64_t bias = 0;  // see ElfFile::LoadBias
};

// Nothing when it cannot be opened, or is no ELF file that such a mapping can come from.
std::optional<LoadedElf> OpenLoadedElf(const TargetFiles& files, const Mapping& mapping);
// The same for the vdso (vdso(7)), too, which is in no file system: a copy of the target's memory.
std::optional<LoadedElf> OpenLoadedElf(const TargetFiles& files, RemoteMemory& memory,
                                       const Mapping& mapping);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_LOADED_ELF_H_
