// What a round has copied of a thread's native stack: where the thread was, and the stack's bytes
// from there on, with the red zone before them.
//
// Call-frame tables may say that a register which an epilogue has popped lies below the stack
// pointer, where it does until a signal comes, and behind it (System V ABI, AMD64, 3.2.2: 128
// bytes). Without those 1.2 % of the stacks of Debian's 3.15, which keeps frame pointers, ended at
// the second frame. They are left out where they lie on another page, which may not be there.
//
// Of a stopped thread, copied in its stop (0.085 us a KiB); of a blocked one, read as it sleeps,
// when native stacks are asked for. Room is made before the stop, and nothing is allocated in it.
#ifndef SPYHOP_SAMPLER_NATIVE_COPY_H_
#define SPYHOP_SAMPLER_NATIVE_COPY_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/remote_memory.h"
#include "sampler/target/thread_probe.h"
#include "sampler/target/thread_stop.h"
#include "symbolizer/unwinder.h"

namespace spyhop {

// Where a thread is that does not run.
inline StoppedAt PlaceAtRest(const SyscallState& call) noexcept {
  const bool in_kernel = !call.was_running || call.number >= 0;
  return {call.pc, call.stack_pointer, call.rbp, in_kernel, call.number};
}

class NativeCopy {
 public:
  // Enough for the callers of a leaf function up to the eval loop, as a rule; 0.25 us.
  static constexpr size_t kLeafBytes = 1024;
  // A whole stack, as a rule.
  static constexpr size_t kFirstBytes = 16 << 10;
  static constexpr size_t kMostBytes = 4 << 20;

  // Asks the next copy for so many bytes at least.
  void Want(size_t bytes) {
    const size_t wanted = std::clamp(bytes, kLeafBytes, kMostBytes);
    if (wanted > bytes_.size()) bytes_.resize(wanted);
  }
  size_t wanted() const { return bytes_.size(); }

  // To be read with the thread's other memory. Allocates nothing.
  ReadRequest Request(RemoteAddress stack_pointer) noexcept {
    const RemoteAddress begin = WithRedZone(stack_pointer);
    size_t size = bytes_.size();
    if (begin < end_) size = std::min<size_t>(size, end_.value() - begin.value());
    return {begin, bytes_.data(), size, 0};
  }
  // `request` has been read.
  void Settle(const StoppedAt& where, const ReadRequest& request) noexcept {
    where_ = where;
    begin_ = request.address;
    size_ = request.done;
    if (request.done != 0 && !request.complete()) end_ = request.address.Plus(request.done);
  }

  const StoppedAt& where() const { return where_; }
  StackCopy stack() const { return {begin_, {bytes_.data(), size_}}; }
  // The bytes from the stack pointer on.
  absl::Span<const uint8_t> in_use() const {
    return stack().bytes.subspan(
        std::min<size_t>(size_, where_.stack_pointer.value() - begin_.value()));
  }
  UnwindRegisters registers() const { return {where_.pc, where_.stack_pointer, where_.rbp}; }
  // There is more of the stack than was copied, and a next copy may have it.
  bool CanGrow() const { return size_ == bytes_.size() && size_ < kMostBytes; }

 private:
  static constexpr uint64_t kRedZone = 128;
  static constexpr uint64_t kPage = 4096;

  static RemoteAddress WithRedZone(RemoteAddress stack_pointer) noexcept {
    const uint64_t page = stack_pointer.AlignedDown(kPage).value();
    return RemoteAddress(stack_pointer.value() - std::min(kRedZone, stack_pointer.value() - page));
  }

  StoppedAt where_;
  RemoteAddress begin_;
  std::vector<uint8_t> bytes_ = std::vector<uint8_t>(kLeafBytes);
  size_t size_ = 0;    // of `bytes_` that were read
  RemoteAddress end_;  // what lies behind the stack cannot be read, so far as was seen
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_NATIVE_COPY_H_
