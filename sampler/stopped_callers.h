// Who called the function at whose instruction a thread was stopped: the return addresses on its
// stack, from the leaf outwards, as far as the stop has copied it.
//
// Unwound by the call frame tables of the files; a caller costs some 10 ns. Where the tables do not
// tell (code made at run time, assembler) the stack is searched for return addresses instead, 130
// words: an old one that an earlier call left there is then taken for a caller. Runs after the
// target has been resumed. Not thread-safe.
#ifndef SPYHOP_SAMPLER_STOPPED_CALLERS_H_
#define SPYHOP_SAMPLER_STOPPED_CALLERS_H_

#include <vector>

#include "absl/types/span.h"
#include "sampler/code_places.h"
#include "sampler/native_copy.h"
#include "sampler/process_unwinder.h"

namespace spyhop {

class StoppedCallers {
 public:
  // Both must outlive this.
  StoppedCallers(ProcessUnwinder& unwinder, const CodePlaces& places)
      : unwinder_(unwinder), places_(places) {}

  // The places of the call instructions, innermost first. Valid until the next call.
  absl::Span<const CodePlace> Of(const NativeCopy& stopped);

 private:
  bool Unwind(const NativeCopy& stopped);
  void Search(const NativeCopy& stopped);

  ProcessUnwinder& unwinder_;
  const CodePlaces& places_;
  std::vector<NativeFrame> frames_;
  std::vector<CodePlace> callers_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_STOPPED_CALLERS_H_
