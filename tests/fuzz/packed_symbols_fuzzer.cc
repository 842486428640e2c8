// Input: what .gnu_debugdata holds.
#include "symbolizer/packed_symbols.h"

#include <cstdint>

#include "symbolizer/symbol_table.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = spyhop::UnpackSymbols({reinterpret_cast<const char*>(data), size});
  if (!file) return 0;
  const spyhop::SymbolTable symbols(*file);
  for (const spyhop::ElfSegment& segment : file->segments()) symbols.Find(segment.address);
  return 0;
}
