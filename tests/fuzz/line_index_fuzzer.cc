// Input: a .debug_line section, and before it the address that is asked for.
#include <cstdint>
#include <cstring>
#include <optional>

#include "symbolizer/line_index.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  uint64_t pc = 0;
  if (size < sizeof(pc)) return 0;
  std::memcpy(&pc, data, sizeof(pc));
  const size_t length = size - sizeof(pc);
  const auto index =
      spyhop::LineIndex::Read({reinterpret_cast<const char*>(data) + sizeof(pc), length});
  if (!index) return 0;
  const std::optional<uint64_t> table = index->TableAt(pc);
  if (table && *table >= length) __builtin_trap();
  return 0;
}
