// A NativeCopy as a stop would have made it, of `stack` from the stack pointer on.
#ifndef SPYHOP_TESTS_UNIT_SAMPLER_MADE_COPY_H_
#define SPYHOP_TESTS_UNIT_SAMPLER_MADE_COPY_H_

#include <cstring>

#include "absl/types/span.h"
#include "sampler/native_copy.h"

namespace spyhop {

template <typename T>
NativeCopy CopyOf(const StoppedAt& where, absl::Span<const T> stack) {
  NativeCopy copy;
  const size_t size = stack.size() * sizeof(T);
  const uint64_t red_zone =
      where.stack_pointer.value() - copy.Request(where.stack_pointer).address.value();
  copy.Want(red_zone + size);
  ReadRequest request = copy.Request(where.stack_pointer);
  std::memset(request.destination, 0, red_zone);
  std::memcpy(static_cast<uint8_t*>(request.destination) + red_zone, stack.data(), size);
  request.done = red_zone + size;
  copy.Settle(where, request);
  return copy;
}

}  // namespace spyhop

#endif  // SPYHOP_TESTS_UNIT_SAMPLER_MADE_COPY_H_
