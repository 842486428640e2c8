#include "symbolizer/elf_image.h"

#include <elf.h>

#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"

namespace spyhop {
namespace {

constexpr size_t kMostSegments = 128;
constexpr size_t kMostOfNotes = 4096;

std::vector<Elf64_Phdr> ReadSegments(RemoteMemory& memory, RemoteAddress at) {
  const auto header = memory.Read<Elf64_Ehdr>(at);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return {};
  const bool usual = header->e_ident[EI_CLASS] == ELFCLASS64 &&
                     header->e_phentsize == sizeof(Elf64_Phdr) && header->e_phnum <= kMostSegments;
  if (!usual) return {};
  std::vector<Elf64_Phdr> segments(header->e_phnum);
  const size_t size = segments.size() * sizeof(Elf64_Phdr);
  if (!memory.ReadAll(at.Plus(header->e_phoff), segments.data(), size)) return {};
  return segments;
}

// Notes are aligned to 4 bytes, or, in a segment that says so, to 8 (gABI; GNU properties).
std::string BuildIdIn(const std::vector<char>& bytes, size_t alignment) {
  const auto aligned = [alignment](size_t at) { return (at + alignment - 1) & ~(alignment - 1); };
  for (size_t at = 0; at + sizeof(Elf64_Nhdr) <= bytes.size();) {
    Elf64_Nhdr note;
    std::memcpy(&note, bytes.data() + at, sizeof(note));
    const size_t name_at = at + sizeof(note);
    const size_t contents_at = aligned(name_at + note.n_namesz);
    if (contents_at + note.n_descsz > bytes.size()) break;
    const bool found = note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof(ELF_NOTE_GNU) &&
                       std::memcmp(bytes.data() + name_at, ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU)) == 0;
    if (found) return absl::BytesToHexString({bytes.data() + contents_at, note.n_descsz});
    at = aligned(contents_at + note.n_descsz);
  }
  return "";
}

}  // namespace

std::string BuildIdInMemory(RemoteMemory& memory, RemoteAddress header) {
  for (const Elf64_Phdr& segment : ReadSegments(memory, header)) {
    if (segment.p_type != PT_NOTE || segment.p_filesz > kMostOfNotes) continue;
    // By its place in the file: the first page is mapped from the file's beginning on.
    std::vector<char> bytes(segment.p_filesz);
    if (!memory.ReadAll(header.Plus(segment.p_offset), bytes.data(), bytes.size())) continue;
    std::string id = BuildIdIn(bytes, segment.p_align == 8 ? 8 : 4);
    if (!id.empty()) return id;
  }
  return "";
}

}  // namespace spyhop
