// A target's memory with a limit to what is read of it: after so many bytes, or at a point in time,
// nothing can be read any more. So whatever walks objects of the target comes to an end, whichever
// way they point. Not for reads while the target is stopped.
#ifndef SPYHOP_SAMPLER_PYTHON_BOUNDED_MEMORY_H_
#define SPYHOP_SAMPLER_PYTHON_BOUNDED_MEMORY_H_

#include <cstddef>

#include "base/clock.h"
#include "base/remote_memory.h"

namespace spyhop {

class BoundedMemory : public RemoteMemory {
 public:
  // A batch costs `kBatchCost` beside its bytes. `memory` must outlive this.
  BoundedMemory(RemoteMemory& memory, size_t max_bytes, Nanos deadline)
      : memory_(memory), left_(max_bytes), deadline_(deadline) {}

  size_t ReadBatch(absl::Span<ReadRequest> requests) noexcept override {
    size_t cost = kBatchCost;
    for (ReadRequest& request : requests) {
      request.done = 0;
      // Each addend is at most what is left, so the sum cannot wrap.
      cost = request.size > left_ ? left_ + 1 : cost + request.size;
      if (cost > left_) break;
    }
    if (cost > left_ || clock_.Now() >= deadline_) {
      for (ReadRequest& request : requests) request.done = 0;
      left_ = 0;
      return 0;
    }
    left_ -= cost;
    return memory_.ReadBatch(requests);
  }

  bool exhausted() const { return left_ == 0; }

 private:
  static constexpr size_t kBatchCost = 256;

  RemoteMemory& memory_;
  size_t left_;
  Nanos deadline_;
  MonotonicClock clock_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_BOUNDED_MEMORY_H_
