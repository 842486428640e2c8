// Input: the text of /proc/PID/maps. What is found must be what was parsed.
#include <cstdint>
#include <string_view>

#include "symbolizer/memory_map.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto map =
      spyhop::MemoryMap::Parse(std::string_view(reinterpret_cast<const char*>(data), size));
  for (const spyhop::Mapping& mapping : map.mappings()) {
    if (map.Find(mapping.range.begin()) != &mapping) __builtin_trap();
    map.ContainsReadable(mapping.range.begin(), ~uint64_t{0});
  }
  for (const spyhop::MappedObject& object : map.Objects()) map.WritableRanges(object);
  return 0;
}
