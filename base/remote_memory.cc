#include "base/remote_memory.h"

#include <algorithm>
#include <cstring>

namespace spyhop {

std::optional<std::string> RemoteMemory::ReadCString(RemoteAddress address, size_t limit) {
  std::string text;
  char piece[64];
  while (text.size() < limit) {
    const size_t want = std::min(sizeof(piece), limit - text.size());
    const size_t got = ReadSome(address.Plus(text.size()), piece, want);
    const void* end = std::memchr(piece, 0, got);
    if (end != nullptr) {
      text.append(piece, static_cast<size_t>(static_cast<const char*>(end) - piece));
      return text;
    }
    text.append(piece, got);
    if (got < want) return std::nullopt;
  }
  return text;
}

}  // namespace spyhop
