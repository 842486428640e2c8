// Who holds the GIL, read as one request of a batch. For every CPython that has one:
//   2.7, 3.6    the global _PyThreadState_Current, null while the GIL is free
//   3.7 - 3.11  struct _gil_runtime_state in _PyRuntime
//   3.12+       the same struct, pointed to by the interpreter state (shared by the interpreters
//               that share a GIL); free-threaded builds have it with `enabled` == 0
// The struct's fields are set in take_gil and drop_gil (Python/ceval_gil.c, ceval_gil.h).
#ifndef SPYHOP_SAMPLER_PYTHON_GIL_H_
#define SPYHOP_SAMPLER_PYTHON_GIL_H_

#include <cstdint>
#include <vector>

#include "base/address.h"
#include "base/remote_memory.h"
#include "interp_layouts/layout.h"
#include "sampler/python/interpreter.h"

namespace spyhop {

class GilReader {
 public:
  // `interpreter_state` tells which GIL, where each interpreter has its own. Reads its address out
  // of the target (3.12+); known() is false when that fails.
  GilReader(RemoteMemory& memory, const Interpreter& interpreter, RemoteAddress interpreter_state);

  bool known() const { return !address_.is_null(); }
  // What a thread that waits for this GIL sleeps on lies in here. Empty in 2.7 and 3.6.
  AddressRange range() const;
  RemoteAddress address() const { return address_; }

  void AppendTo(std::vector<ReadRequest>& batch) noexcept;
  void Settle(const ReadRequest& request) noexcept { arrived_ = request.complete(); }

  // After Settle. The PyThreadState that holds the GIL; null when it is free, disabled or unknown.
  RemoteAddress holder() const;
  // False in a free-threaded build that runs without its GIL.
  bool enabled() const;

 private:
  const Interpreter* interpreter_;
  RemoteAddress address_;
  size_t size_ = 0;
  bool arrived_ = false;
  alignas(8) uint8_t copy_[64] = {};
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_GIL_H_
