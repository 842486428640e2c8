#include "sampler/python/prefetched_memory.h"

#include <cstring>

namespace spyhop {
namespace {

constexpr size_t kSmall = 16;  // bytes of a read that is kept

}  // namespace

void PrefetchedMemory::Prefetch(absl::Span<const RemoteAddress> places, size_t size) {
  pieces_.clear();
  std::vector<ReadRequest> batch;
  for (const RemoteAddress place : places) {
    std::vector<uint8_t>& piece = pieces_[place];
    if (!piece.empty()) continue;
    piece.resize(size);
    batch.push_back({place, piece.data(), size, 0});
  }
  memory_.ReadBatch(absl::MakeSpan(batch));
  for (const ReadRequest& request : batch) pieces_[request.address].resize(request.done);
}

bool PrefetchedMemory::Serve(ReadRequest& request) const {
  auto piece = pieces_.upper_bound(request.address);
  if (piece == pieces_.begin()) return false;
  --piece;
  const uint64_t offset = request.address.value() - piece->first.value();
  const std::vector<uint8_t>& bytes = piece->second;
  if (offset > bytes.size() || request.size > bytes.size() - offset) return false;
  std::memcpy(request.destination, bytes.data() + offset, request.size);
  request.done = request.size;
  return true;
}

size_t PrefetchedMemory::ReadBatch(absl::Span<ReadRequest> requests) noexcept {
  size_t complete = 0;
  for (ReadRequest& request : requests) {
    if (request.size == 0 || !Serve(request)) {
      memory_.ReadBatch(absl::MakeSpan(&request, 1));
      if (request.complete() && request.size <= kSmall) {
        const auto* bytes = static_cast<const uint8_t*>(request.destination);
        pieces_.try_emplace(request.address, bytes, bytes + request.size);
      }
    }
    complete += request.complete() ? 1 : 0;
  }
  return complete;
}

}  // namespace spyhop
