// The command line of a process by its core file: from the stack, where exec has put the words
// (fs/binfmt_elf.c, create_elf_tables), for the notes have 79 bytes of it, gcore's the first word.
#ifndef SPYHOP_SAMPLER_CORE_COMMAND_H_
#define SPYHOP_SAMPLER_CORE_COMMAND_H_

#include <string>
#include <vector>

#include "base/remote_memory.h"
#include "symbolizer/core_file.h"

namespace spyhop {

// Empty when they are not found. Some thousand small reads at most.
std::vector<std::string> ReadCommandLine(const CoreFile& core, RemoteMemory& memory);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_CORE_COMMAND_H_
