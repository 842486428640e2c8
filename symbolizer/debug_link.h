// Where a stripped ELF file says that its symbols and debug information are.
//
// The section .gnu_debuglink names a file and the CRC of its bytes (GDB manual, "Debugging
// Information in Separate Files"; IEEE 802.3's polynomial). Both files may be the target's and are
// not trusted. Thread-safe.
#ifndef SPYHOP_SYMBOLIZER_DEBUG_LINK_H_
#define SPYHOP_SYMBOLIZER_DEBUG_LINK_H_

#include <cstdint>
#include <optional>
#include <string>

#include "symbolizer/elf_file.h"

namespace spyhop {

struct DebugLink {
  std::string name;  // of a file, without a folder
  uint32_t crc = 0;
};

// Nothing when it has none, or one that names no file.
std::optional<DebugLink> ReadDebugLink(const ElfFile& file);

// The CRC of all bytes of a regular file of 128 MiB at most, read from its begin; 1 ms a MiB.
// Nothing when it is something else, larger, or cannot be read. Leaves the descriptor's position
// alone.
std::optional<uint32_t> CrcOf(int fd);

}  // namespace spyhop

#endif  // SPYHOP_SYMBOLIZER_DEBUG_LINK_H_
