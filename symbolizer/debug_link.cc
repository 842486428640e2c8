#include "symbolizer/debug_link.h"

#include <lzma.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace spyhop {
namespace {

// It is read where samples are taken, when a module is first met.
constexpr off_t kLargest = off_t{128} << 20;
constexpr size_t kBlock = 1 << 16;

bool NamesAFile(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos;
}

}  // namespace

// A name with its NUL, padded to four bytes, and the CRC (bfd/opncls.c).
std::optional<DebugLink> ReadDebugLink(const ElfFile& file) {
  const absl::Span<const char> bytes = file.ReadSection(".gnu_debuglink");
  const auto end = std::find(bytes.begin(), bytes.end(), '\0');
  if (end == bytes.end()) return std::nullopt;
  DebugLink link{.name = std::string(bytes.begin(), end)};
  const size_t at = (link.name.size() / 4 + 1) * 4;
  if (!NamesAFile(link.name) || at + sizeof(link.crc) > bytes.size()) return std::nullopt;
  std::memcpy(&link.crc, bytes.data() + at, sizeof(link.crc));
  return link;
}

std::optional<uint32_t> CrcOf(int fd) {
  struct stat file;
  if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode)) return std::nullopt;
  std::vector<uint8_t> block(kBlock);
  uint32_t crc = 0;
  off_t at = 0;
  while (at <= kLargest) {
    const ssize_t size = pread(fd, block.data(), block.size(), at);
    if (size < 0) return std::nullopt;
    if (size == 0) return crc;
    crc = lzma_crc32(block.data(), static_cast<size_t>(size), crc);
    at += size;
  }
  return std::nullopt;
}

}  // namespace spyhop
