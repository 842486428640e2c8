// The file with the symbols and debug information that were stripped from another one.
//
// Looked for as gdb does: by build-id (/usr/lib/debug/.build-id/xx/yyyy.debug) in the target's root
// and then in ours; by the name in .gnu_debuglink beside it, in .debug there, and below
// /usr/lib/debug. Never over the network. Two to seven opens.
#ifndef SPYHOP_SAMPLER_DEBUG_FILE_H_
#define SPYHOP_SAMPLER_DEBUG_FILE_H_

#include <optional>
#include <string>

#include "sampler/target/target_files.h"
#include "symbolizer/elf_file.h"

namespace spyhop {

// `path`: of `file`, in the target's root. Nothing when there is none with the same build-id, or,
// where `file` has none, with the CRC that its link tells.
std::optional<ElfFile> OpenDebugFile(const TargetFiles& files, const ElfFile& file,
                                     const std::string& path);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_DEBUG_FILE_H_
