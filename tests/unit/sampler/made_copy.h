// A NativeCopy as a stop would have made it.
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
  copy.Want(size);
  ReadRequest request = copy.Request(where.stack_pointer);
  std::memcpy(request.destination, stack.data(), size);
  request.done = size;
  copy.Settle(where, request);
  return copy;
}

}  // namespace spyhop

#endif  // SPYHOP_TESTS_UNIT_SAMPLER_MADE_COPY_H_
