// Memory of a target of which some places have been read ahead in one batch, for code that reads
// one object after the other: a read that lies within such a place costs no system call.
//
// What was read ahead is as old as that; callers verify. Small reads elsewhere are made once and
// kept, too (the flags of a type that all objects have). Allocates: not while the target is
// stopped.
#ifndef SPYHOP_SAMPLER_PYTHON_PREFETCHED_MEMORY_H_
#define SPYHOP_SAMPLER_PYTHON_PREFETCHED_MEMORY_H_

#include <map>
#include <vector>

#include "absl/types/span.h"
#include "base/remote_memory.h"

namespace spyhop {

class PrefetchedMemory : public RemoteMemory {
 public:
  // Must outlive this.
  explicit PrefetchedMemory(RemoteMemory& memory) : memory_(memory) {}

  // Forgets all that is kept, and reads up to `size` bytes at each of `places`.
  void Prefetch(absl::Span<const RemoteAddress> places, size_t size);

  size_t ReadBatch(absl::Span<ReadRequest> requests) noexcept override;

 private:
  bool Serve(ReadRequest& request) const;

  RemoteMemory& memory_;
  std::map<RemoteAddress, std::vector<uint8_t>> pieces_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_PREFETCHED_MEMORY_H_
