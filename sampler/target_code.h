// What the target's machine code tells of calls: which words on a stack are return addresses, what
// a call has called, how large a frame is. Each place is read once, 0.5 us, and known until
// Forget(): of code that a JIT has put in the place of other code, the old is told until then.
// x86-64.
#ifndef SPYHOP_SAMPLER_TARGET_CODE_H_
#define SPYHOP_SAMPLER_TARGET_CODE_H_

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/address.h"
#include "base/remote_memory.h"
#include "symbolizer/code_questions.h"

namespace spyhop {

class TargetCode : public CodeQuestions {
 public:
  // Must outlive this.
  explicit TargetCode(RemoteMemory& memory) : memory_(memory) {}

  // `address` must lie in code.
  bool IsReturnAddress(RemoteAddress address) override;
  RemoteAddress CalledBefore(RemoteAddress address) override;
  std::optional<uint64_t> StackSizeOf(RemoteAddress function) override;
  std::optional<UnwindRow> RowBehind(RemoteAddress pc) override;
  // Does the function in `code` end with a jump to another one's begin (a tail call)? Of a large
  // one 4 KiB are read.
  bool JumpsTo(RemoteAddress function, const AddressRange& code);
  // Other code may be mapped now.
  void Forget();

 private:
  bool ReadIsReturn(RemoteAddress address);
  RemoteAddress ReadCalled(RemoteAddress address);
  RemoteAddress BehindPlt(RemoteAddress function);
  bool ReadJump(RemoteAddress function, const AddressRange& code);

  RemoteMemory& memory_;
  absl::flat_hash_map<RemoteAddress, bool> calls_;  // the return addresses
  absl::flat_hash_map<RemoteAddress, std::optional<uint64_t>> stack_sizes_;
  absl::flat_hash_map<RemoteAddress, std::optional<UnwindRow>> rows_;
  absl::flat_hash_map<RemoteAddress, RemoteAddress> called_;
  absl::flat_hash_map<std::pair<RemoteAddress, RemoteAddress>, bool> jumps_;  // (from, to)
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_CODE_H_
