// Input: a co_exceptiontable; every unit of the first KiB of bytecode is looked up.
#include <cstdint>

#include "sampler/python/frame_slots.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  for (uint64_t unit = 0; unit < 512; ++unit) {
    if (spyhop::DepthUnderHandler({data, size}, unit) >> 36 != 0) __builtin_trap();
  }
  return 0;
}
