// Unwinds the native stacks of one process: the unwinder, and the files that the process's code
// comes from, as they are mapped now.
//
// The tables of the interpreter and of the C library are opened at once, any other file's when the
// first pc in it is met (0.1 to 1 ms); all anew when the process has mapped other code. Not
// thread-safe.
#ifndef SPYHOP_SAMPLER_PROCESS_UNWINDER_H_
#define SPYHOP_SAMPLER_PROCESS_UNWINDER_H_

#include <optional>
#include <vector>

#include "base/remote_memory.h"
#include "sampler/code_places.h"
#include "sampler/native_copy.h"
#include "sampler/target/target_files.h"
#include "sampler/target_code.h"
#include "symbolizer/unwinder.h"

namespace spyhop {

class ProcessUnwinder {
 public:
  // All must outlive this.
  ProcessUnwinder(const TargetFiles& files, RemoteMemory& memory, const CodePlaces& places);

  // See Unwinder::Unwind.
  UnwindEnd Unwind(const NativeCopy& copy, std::vector<NativeFrame>& frames);

  // See Unwinder::FunctionAt.
  std::optional<AddressRange> FunctionAt(RemoteAddress pc) { return unwinder_.FunctionAt(pc); }
  TargetCode& code() { return code_; }

 private:
  std::optional<CodeModule> OpenModule(RemoteAddress pc) const;

  const TargetFiles& files_;
  RemoteMemory& memory_;
  const CodePlaces& places_;
  TargetCode code_;
  Unwinder unwinder_;
  int generation_ = 0;  // of the maps that the unwinder knows
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROCESS_UNWINDER_H_
