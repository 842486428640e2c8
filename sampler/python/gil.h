// Who holds the GIL, read as one request of a batch. For every CPython that has one:
//   2.7, 3.6    the global _PyThreadState_Current, null while the GIL is free
//   3.7 - 3.11  struct _gil_runtime_state in _PyRuntime
//   3.12+       the same struct, pointed to by the interpreter state (shared by the interpreters
//               that share a GIL); free-threaded builds have it with `enabled` == 0
// The struct's fields are set in take_gil and drop_gil (Python/ceval_gil.c, ceval_gil.h).
#ifndef SPYHOP_SAMPLER_PYTHON_GIL_H_
#define SPYHOP_SAMPLER_PYTHON_GIL_H_

#include <cstdint>
#include <optional>
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
  // Is this what a thread sleeps on that waits for this GIL? Up to 3.6 also nullopt: not known, for
  // stripped builds do not tell where the lock is.
  std::optional<bool> IsLock(RemoteAddress futex);
  RemoteAddress address() const { return address_; }

  // A turn is one thread's time with the GIL: as long as it does not change, no thread but its
  // holder has run Python (take_gil counts a switch when another thread held it before).
  struct Turn {
    RemoteAddress last_holder;
    uint64_t number = 0;
    friend bool operator==(const Turn&, const Turn&) = default;
  };

  void AppendTo(std::vector<ReadRequest>& batch) noexcept;
  void Settle(const ReadRequest& request) noexcept { arrived_ = request.complete(); }

  // After Settle. The PyThreadState that holds the GIL; null when it is free, disabled or unknown.
  RemoteAddress holder() const;
  // nullopt: this version does not tell (2.7, 3.6, without a GIL).
  std::optional<Turn> turn() const;
  // False in a free-threaded build that runs without its GIL.
  bool enabled() const;

 private:
  RemoteMemory* memory_;
  const Interpreter* interpreter_;
  RemoteAddress address_;
  size_t size_ = 0;
  bool arrived_ = false;
  alignas(8) uint8_t copy_[64] = {};
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_GIL_H_
