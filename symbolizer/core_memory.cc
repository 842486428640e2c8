#include "symbolizer/core_memory.h"

#include <unistd.h>

#include <algorithm>
#include <limits>

namespace spyhop {
namespace {

size_t ReadAt(int fd, uint64_t offset, char* to, size_t size) noexcept {
  constexpr uint64_t kMost = std::numeric_limits<off_t>::max();
  if (offset > kMost || size > kMost - offset) return 0;
  const ssize_t got = pread(fd, to, size, static_cast<off_t>(offset));
  return got > 0 ? static_cast<size_t>(got) : 0;
}

}  // namespace

CoreMemory::CoreMemory(const CoreFile& core) {
  for (const CoreSegment& segment : core.segments()) {
    const auto range = AddressRange::OfSize(segment.range.begin(), segment.file_size);
    if (range.size() > 0) written_.push_back({range, core.fd(), segment.offset});
  }
}

void CoreMemory::AddFile(const AddressRange& range, int fd, uint64_t offset) {
  if (range.size() == 0 || offset + range.size() < offset) return;
  const auto at = std::upper_bound(
      files_.begin(), files_.end(), range.begin(),
      [](RemoteAddress begin, const Piece& piece) { return begin < piece.range.begin(); });
  if (at != files_.end() && at->range.begin() < range.end()) return;
  if (at != files_.begin() && std::prev(at)->range.end() > range.begin()) return;
  files_.insert(at, {range, fd, offset});
}

size_t CoreMemory::ReadBatch(absl::Span<ReadRequest> requests) noexcept {
  size_t complete = 0;
  for (ReadRequest& request : requests) {
    request.done = 0;
    while (!request.complete()) {
      const RemoteAddress at(request.address.value() + request.done);
      const size_t got = ReadPiece(at, static_cast<char*>(request.destination) + request.done,
                                   request.size - request.done);
      if (got == 0) break;
      request.done += got;
    }
    if (request.complete()) ++complete;
  }
  return complete;
}

// The first piece that ends behind `address`: it holds the address, or begins after it.
const CoreMemory::Piece* CoreMemory::FirstBehind(const std::vector<Piece>& pieces,
                                                 RemoteAddress address) noexcept {
  const auto found =
      std::upper_bound(pieces.begin(), pieces.end(), address,
                       [](RemoteAddress a, const Piece& piece) { return a < piece.range.end(); });
  return found == pieces.end() ? nullptr : &*found;
}

// As far as one piece goes.
size_t CoreMemory::ReadPiece(RemoteAddress address, char* to, size_t size) const noexcept {
  const Piece* written = FirstBehind(written_, address);
  const bool is_written = written != nullptr && written->range.Contains(address);
  const Piece* piece = is_written ? written : FirstBehind(files_, address);
  if (piece == nullptr || !piece->range.Contains(address)) return 0;
  uint64_t end = piece->range.end().value();
  if (!is_written && written != nullptr) end = std::min(end, written->range.begin().value());
  const uint64_t into = address.value() - piece->range.begin().value();
  return ReadAt(piece->fd, piece->offset + into, to, std::min(size, end - address.value()));
}

}  // namespace spyhop
