// The symbols that a stripped ELF file carries along: an ELF file with a .symtab and nothing else,
// compressed with xz, in the section .gnu_debugdata (GDB manual, "MiniDebugInfo"; Fedora's and
// RHEL's files have it).
#ifndef SPYHOP_SYMBOLIZER_PACKED_SYMBOLS_H_
#define SPYHOP_SYMBOLIZER_PACKED_SYMBOLS_H_

#include <optional>

#include "absl/types/span.h"
#include "symbolizer/elf_file.h"

namespace spyhop {

// Unpacked into a file without a name, of 64 MiB at most, in 10 ms a MiB. Nothing when there is
// none, or it makes no sense; its symbols are those that `file` has not, at the same addresses.
std::optional<ElfFile> OpenPackedSymbols(const ElfFile& file);
// The same of the section's bytes.
std::optional<ElfFile> UnpackSymbols(absl::Span<const char> packed);

}  // namespace spyhop

#endif  // SPYHOP_SYMBOLIZER_PACKED_SYMBOLS_H_
