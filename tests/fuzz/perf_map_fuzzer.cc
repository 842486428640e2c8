// Input: the text of a perf map. What is found must hold the address asked for.
#include <cstdint>
#include <string_view>

#include "symbolizer/perf_map.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  spyhop::PerfMap map;
  const size_t added = map.Add(text.substr(0, size / 2)) + map.Add(text.substr(size / 2));
  if (map.size() > added) __builtin_trap();
  for (uint64_t address = 0; address < 1 << 20; address += 499) {
    const auto* function = map.Find(spyhop::RemoteAddress(address));
    if (function != nullptr && !function->range.Contains(spyhop::RemoteAddress(address))) {
      __builtin_trap();
    }
  }
  return 0;
}
