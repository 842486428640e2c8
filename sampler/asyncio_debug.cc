#include "sampler/asyncio_debug.h"

#include <array>
#include <string_view>

#include "sampler/loaded_elf.h"
#include "symbolizer/memory_map.h"

namespace spyhop {
namespace {

bool MayHaveTable(const MappedObject& object, const Interpreter& interpreter) {
  if (object.path == interpreter.module) return true;
  const std::string_view path = object.path;
  return path.substr(path.rfind('/') + 1).starts_with("_asyncio");
}

}  // namespace

std::optional<AsyncioLayout> CompleteAsyncioLayout(const AsyncioLayout& base,
                                                   const Interpreter& interpreter,
                                                   const TargetFiles& files, RemoteMemory& memory) {
  if (base.task.coro.present()) return base;
  const absl::StatusOr<std::string> maps = files.MapsText();
  if (!maps.ok()) return std::nullopt;
  for (const MappedObject& object : MemoryMap::Parse(*maps).Objects()) {
    if (object.mappings.empty() || !MayHaveTable(object, interpreter)) continue;
    const std::optional<LoadedElf> elf = OpenLoadedElf(files, object.mappings.front());
    const auto section = elf ? elf->file->FindSection(kAsyncioDebugSection) : std::nullopt;
    std::array<uint8_t, kAsyncioDebugSize> table;
    if (!section || section->size < table.size() ||
        !memory.ReadAll(RemoteAddress(section->address + elf->bias), table.data(), table.size())) {
      continue;
    }
    if (auto layout = WithAsyncioDebug(base, interpreter.layout, table)) return layout;
  }
  return std::nullopt;
}

}  // namespace spyhop
