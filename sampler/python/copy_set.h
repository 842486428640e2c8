// The pieces of the target's memory that one thread's stack is expected to lie in, copied together.
//
// Before the stop: Add() pieces (guessed from the last sample), AppendTo() a batch. After the batch
// has been read: Find() gives the local copy of a remote range, Fetch() reads a range that the
// guess had missed (one system call each, into room reserved beforehand). Find and Fetch neither
// allocate nor log; Add and Reset may allocate.
#ifndef SPYHOP_SAMPLER_PYTHON_COPY_SET_H_
#define SPYHOP_SAMPLER_PYTHON_COPY_SET_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "base/address.h"
#include "base/remote_memory.h"

namespace spyhop {

class CopySet {
 public:
  // At most `max_fetches` ranges of together `max_fetched_bytes` can be fetched for one sample.
  CopySet(size_t max_fetches, size_t max_fetched_bytes);

  void Reset();
  void Add(RemoteAddress address, size_t size);
  size_t pieces() const { return pieces_.size(); }

  // Forgets what was fetched and appends one request a piece. The requests point into this set,
  // which must not be changed until Settle() has been called with the same requests.
  void AppendTo(std::vector<ReadRequest>& batch);
  // Takes note of how much of each piece arrived. `requests` are those AppendTo appended.
  void Settle(const ReadRequest* requests) noexcept;

  // The copy of [address, address + size), or null.
  const uint8_t* Find(RemoteAddress address, size_t size) noexcept;
  // As Find, reading the range from the target when it is not there.
  const uint8_t* FindOrFetch(RemoteMemory& memory, RemoteAddress address, size_t size) noexcept;

  struct Fetched {
    RemoteAddress address;
    size_t size;
  };
  // What FindOrFetch had to read, for the next sample's guess.
  const std::vector<Fetched>& fetched() const { return fetched_; }
  void ForgetFetched() { fetched_.clear(); }

 private:
  struct Piece {
    RemoteAddress address;
    size_t size = 0;
    size_t arrived = 0;
    size_t offset = 0;  // into arena_
  };

  void SortPieces();
  const uint8_t* InPiece(const Piece& piece, RemoteAddress address, size_t size) const noexcept;

  std::vector<Piece> pieces_;     // in the order of Add
  std::vector<uint32_t> sorted_;  // indices of pieces_ by address
  bool sorted_valid_ = true;
  size_t hint_ = 0;  // chains are walked in the order in which they were added
  std::vector<uint8_t> arena_;
  size_t arena_used_ = 0;
  std::vector<Fetched> fetched_;
  std::vector<size_t> fetched_offsets_;
  // Not initialised, so that its pages cost nothing until a guess misses.
  std::unique_ptr<uint8_t[]> fetch_arena_;
  size_t fetch_arena_size_;
  size_t fetch_used_ = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_COPY_SET_H_
