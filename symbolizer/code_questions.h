// What the unwinder asks of the machine code around a frame, where the call frame table leaves it
// open. Implemented by who can read the target's code.
#ifndef SPYHOP_SYMBOLIZER_CODE_QUESTIONS_H_
#define SPYHOP_SYMBOLIZER_CODE_QUESTIONS_H_

#include <cstdint>
#include <optional>

#include "base/address.h"
#include "symbolizer/unwind_row.h"

namespace spyhop {

class CodeQuestions {
 public:
  virtual ~CodeQuestions() = default;

  // Is the instruction before `address` a call?
  virtual bool IsReturnAddress(RemoteAddress address) = 0;
  // The function that the call before `address` calls, when it names it itself, or through the PLT
  // or the GOT; else null.
  virtual RemoteAddress CalledBefore(RemoteAddress address) = 0;
  // How far the stack pointer of a function that keeps its frame in rbp is below its CFA once its
  // prologue is over; see prologue.h.
  virtual std::optional<uint64_t> StackSizeOf(RemoteAddress function) = 0;
  // How to get to the caller from `pc`, when all that follows is its function's epilogue; see
  // epilogue.h.
  virtual std::optional<UnwindRow> RowBehind(RemoteAddress pc) = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_SYMBOLIZER_CODE_QUESTIONS_H_
