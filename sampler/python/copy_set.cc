#include "sampler/python/copy_set.h"

#include <algorithm>
#include <numeric>

namespace spyhop {
namespace {

// Local copies keep the alignment of the words in them.
constexpr size_t kAlignment = 16;

size_t AlignUp(size_t size) { return (size + kAlignment - 1) & ~(kAlignment - 1); }

}  // namespace

CopySet::CopySet(size_t max_fetches, size_t max_fetched_bytes)
    : fetch_arena_(new uint8_t[max_fetched_bytes]), fetch_arena_size_(max_fetched_bytes) {
  fetched_.reserve(max_fetches);
  fetched_offsets_.reserve(max_fetches);
}

void CopySet::Reset() {
  pieces_.clear();
  sorted_valid_ = false;
  hint_ = 0;
  arena_used_ = 0;
}

void CopySet::Add(RemoteAddress address, size_t size) {
  if (address.is_null() || size == 0) return;
  pieces_.push_back({address, size, 0, arena_used_});
  arena_used_ += AlignUp(size);
  sorted_valid_ = false;
}

void CopySet::AppendTo(std::vector<ReadRequest>& batch) {
  if (!sorted_valid_) SortPieces();
  if (arena_.size() < arena_used_) arena_.resize(arena_used_ * 3 / 2);
  fetched_.clear();
  fetched_offsets_.clear();
  fetch_used_ = 0;
  hint_ = 0;
  for (const Piece& piece : pieces_) {
    batch.push_back({piece.address, arena_.data() + piece.offset, piece.size, 0});
  }
}

void CopySet::Settle(const ReadRequest* requests) noexcept {
  for (Piece& piece : pieces_) piece.arrived = (requests++)->done;
}

void CopySet::SortPieces() {
  sorted_.resize(pieces_.size());
  std::iota(sorted_.begin(), sorted_.end(), 0u);
  std::sort(sorted_.begin(), sorted_.end(),
            [this](uint32_t a, uint32_t b) { return pieces_[a].address < pieces_[b].address; });
  sorted_valid_ = true;
}

const uint8_t* CopySet::InPiece(const Piece& piece, RemoteAddress address,
                                size_t size) const noexcept {
  const uint64_t from = address.value() - piece.address.value();
  if (address < piece.address || from >= piece.arrived || size > piece.arrived - from) {
    return nullptr;
  }
  return arena_.data() + piece.offset + from;
}

const uint8_t* CopySet::Find(RemoteAddress address, size_t size) noexcept {
  for (size_t next = hint_; next < std::min(hint_ + 2, pieces_.size()); ++next) {
    if (const uint8_t* copy = InPiece(pieces_[next], address, size)) {
      hint_ = next;
      return copy;
    }
  }
  const auto after = std::upper_bound(
      sorted_.begin(), sorted_.end(), address,
      [this](RemoteAddress a, uint32_t index) { return a < pieces_[index].address; });
  if (after != sorted_.begin()) {
    const uint32_t index = *(after - 1);
    if (const uint8_t* copy = InPiece(pieces_[index], address, size)) {
      hint_ = index;
      return copy;
    }
  }
  // A chain comes back to what it has just read, never to what lies far behind.
  for (size_t i = fetched_.size() - std::min<size_t>(fetched_.size(), 4); i < fetched_.size();
       ++i) {
    const Fetched& range = fetched_[i];
    if (address >= range.address && address.Plus(size) <= range.address.Plus(range.size)) {
      return fetch_arena_.get() + fetched_offsets_[i] + (address.value() - range.address.value());
    }
  }
  return nullptr;
}

const uint8_t* CopySet::FindOrFetch(RemoteMemory& memory, RemoteAddress address,
                                    size_t size) noexcept {
  if (const uint8_t* copy = Find(address, size)) return copy;
  if (fetched_.size() == fetched_.capacity() || size > fetch_arena_size_ - fetch_used_) {
    return nullptr;
  }
  uint8_t* room = fetch_arena_.get() + fetch_used_;
  if (!memory.ReadAll(address, room, size)) return nullptr;
  fetched_.push_back({address, size});
  fetched_offsets_.push_back(fetch_used_);
  fetch_used_ += std::min(AlignUp(size), fetch_arena_size_ - fetch_used_);
  return room;
}

}  // namespace spyhop
