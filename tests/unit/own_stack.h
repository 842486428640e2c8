// A copy of the calling thread's registers and stack, as a profiler takes it of a stopped thread,
// and what libgcc's unwinder says of it.
#ifndef SPYHOP_TESTS_UNIT_OWN_STACK_H_
#define SPYHOP_TESTS_UNIT_OWN_STACK_H_

#include <pthread.h>
#include <unwind.h>

#include <cstdint>
#include <vector>

#include "symbolizer/unwinder.h"

namespace spyhop {

struct OwnStack {
  UnwindRegisters registers;
  std::vector<uint8_t> bytes;
  std::vector<uint64_t> callers;  // return addresses, innermost first

  OwnStack() {
    bytes.reserve(kMostBytes);
    callers.reserve(kMostCallers);
  }

  StackCopy copy() const { return {registers.stack_pointer, bytes}; }

  // Where the calling thread's stack ends; allocates.
  static uint64_t End() {
    pthread_attr_t attributes;
    void* begin = nullptr;
    size_t size = 0;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &begin, &size);
    pthread_attr_destroy(&attributes);
    return reinterpret_cast<uint64_t>(begin) + size;
  }

  // Of Take itself and its callers. For signal handlers, too. Reads what AddressSanitizer has
  // fenced off.
  __attribute__((noinline, no_sanitize("address"))) void Take(uint64_t end) {
    bytes.clear();
    callers.clear();
    _Unwind_Backtrace(
        [](_Unwind_Context* context, void* found) {
          auto& pcs = *static_cast<std::vector<uint64_t>*>(found);
          const uint64_t pc = _Unwind_GetIP(context);
          // 0: the outermost function's caller.
          if (pc != 0 && pcs.size() < kMostCallers) pcs.push_back(pc);
          return _URC_NO_REASON;
        },
        &callers);
    callers.erase(callers.begin());  // in this function
    uint64_t pc = 0;
    uint64_t rsp = 0;
    uint64_t rbp = 0;
    asm volatile("lea 0(%%rip), %0; mov %%rsp, %1; mov %%rbp, %2" : "=r"(pc), "=r"(rsp), "=r"(rbp));
    for (uint64_t at = rsp; at < end && bytes.size() < kMostBytes; ++at) {
      const uint8_t byte = *reinterpret_cast<const volatile uint8_t*>(at);
      bytes.push_back(byte);
    }
    registers = {RemoteAddress(pc), RemoteAddress(rsp), rbp};
  }

 private:
  static constexpr size_t kMostBytes = 1 << 20;
  static constexpr size_t kMostCallers = 500;
};

}  // namespace spyhop

#endif  // SPYHOP_TESTS_UNIT_OWN_STACK_H_
