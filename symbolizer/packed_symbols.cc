#include "symbolizer/packed_symbols.h"

#include <lzma.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"

namespace spyhop {
namespace {

constexpr uint64_t kMostUnpacked = 64 << 20;
// xz -9 needs 65 MiB (xz(1)).
constexpr uint64_t kMostMemory = 80 << 20;
constexpr size_t kBlock = 1 << 16;

// Into `fd`. False when the data is damaged or too large.
bool Unpack(absl::Span<const char> packed, int fd) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, kMostMemory, 0) != LZMA_OK) return false;
  const absl::Cleanup end = [&stream] { lzma_end(&stream); };
  std::vector<uint8_t> block(kBlock);
  stream.next_in = reinterpret_cast<const uint8_t*>(packed.data());
  stream.avail_in = packed.size();
  lzma_ret result = LZMA_OK;
  while (result == LZMA_OK && stream.total_out < kMostUnpacked) {
    stream.next_out = block.data();
    stream.avail_out = block.size();
    result = lzma_code(&stream, LZMA_FINISH);
    const size_t size = block.size() - stream.avail_out;
    if (write(fd, block.data(), size) != static_cast<ssize_t>(size)) return false;
  }
  return result == LZMA_STREAM_END;
}

}  // namespace

std::optional<ElfFile> OpenPackedSymbols(const ElfFile& file) {
  const absl::Span<const char> packed = file.ReadSection(".gnu_debugdata");
  if (packed.empty()) return std::nullopt;
  return UnpackSymbols(packed);
}

std::optional<ElfFile> UnpackSymbols(absl::Span<const char> packed) {
  ScopedFd fd(memfd_create("symbols", MFD_CLOEXEC));
  if (!fd.valid() || !Unpack(packed, fd.get())) return std::nullopt;
  absl::StatusOr<ElfFile> symbols = ElfFile::Open(std::move(fd));
  if (!symbols.ok()) return std::nullopt;
  return *std::move(symbols);
}

}  // namespace spyhop
