#include "sampler/profile/recording_block.h"

#include <zstd.h>

#include <array>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/absl_view.h"
#include "sampler/profile/recording_format.h"

namespace spyhop {
namespace {

constexpr int kLevel = 3;
constexpr size_t kSizeBytes = 4;

std::array<char, kSizeBytes> LittleEndian(size_t size) {
  std::array<char, kSizeBytes> bytes;
  for (size_t i = 0; i < kSizeBytes; ++i) bytes[i] = static_cast<char>(size >> (8 * i));
  return bytes;
}

size_t SizeOf(const std::array<char, kSizeBytes>& bytes) {
  size_t size = 0;
  for (size_t i = 0; i < kSizeBytes; ++i) {
    size |= size_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return size;
}

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(absl::StrCat("a block of the recording ", AbslView(what)));
}

}  // namespace

std::string PackBlock(std::string_view message) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  const absl::Cleanup free = [context] { ZSTD_freeCCtx(context); };
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  std::string packed(kSizeBytes + ZSTD_compressBound(message.size()), '\0');
  const size_t size = ZSTD_compress2(context, packed.data() + kSizeBytes,
                                     packed.size() - kSizeBytes, message.data(), message.size());
  packed.resize(kSizeBytes + size);
  const std::array<char, kSizeBytes> head = LittleEndian(size);
  packed.replace(0, kSizeBytes, head.data(), kSizeBytes);
  return packed;
}

absl::StatusOr<std::string> ReadBlock(ReadBytes read) {
  std::array<char, kSizeBytes> head;
  if (read(head.data(), head.size()) < head.size()) {
    return absl::OutOfRangeError("the recording ends here");
  }
  const size_t size = SizeOf(head);
  if (size == 0 || size > recording::kMostPacked) return Damaged("has no sound size");
  std::string packed(size, '\0');
  if (read(packed.data(), size) < size) {
    return absl::OutOfRangeError("the recording ends within a block");
  }
  const unsigned long long unpacked = ZSTD_getFrameContentSize(packed.data(), size);
  if (unpacked == ZSTD_CONTENTSIZE_ERROR) return Damaged("is not compressed as one");
  if (unpacked > recording::kMostUnpacked) return Damaged("does not say how much it holds");
  std::string message(unpacked, '\0');
  const size_t done = ZSTD_decompress(message.data(), message.size(), packed.data(), size);
  if (ZSTD_isError(done) || done != message.size()) return Damaged("fails its checksum");
  return message;
}

}  // namespace spyhop
