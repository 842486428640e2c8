// Input: machine code, and names. What is decoded must be within what was given.
#include <cstdint>
#include <string_view>

#include "symbolizer/demangle.h"
#include "symbolizer/epilogue.h"
#include "symbolizer/prologue.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto stack = spyhop::StackSizeOfPrologue({data, size});
  if (stack && *stack < 16) __builtin_trap();
  const auto row = spyhop::RowOfEpilogue({data, size});
  if (row && row->cfa.offset < 8) __builtin_trap();
  spyhop::Demangle(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
