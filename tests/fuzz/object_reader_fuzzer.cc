// Input: which layout, then the target's memory from kBase on. Every aligned address in it is read
// as every kind of object.
#include <algorithm>
#include <cstdint>

#include "interp_layouts/registry.h"
#include "sampler/python/object_reader.h"
#include "sampler/python/thread_names.h"
#include "tests/fakes/fake_memory.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace spyhop;
  constexpr RemoteAddress kBase(0x10000);
  constexpr size_t kMaxObjects = 64;
  if (size < 1) return 0;
  const absl::Span<const Layout> layouts = AllLayouts();
  const Layout& layout = layouts[data[0] % layouts.size()];
  FakeMemory memory;
  memory.SetBytes(kBase, {data + 1, size - 1});
  ObjectReader reader(memory, layout);
  for (size_t at = 0; at < std::min(size, kMaxObjects * 8); at += 8) {
    const RemoteAddress object = kBase.Plus(at);
    reader.String(object);
    reader.Bytes(object, 1 << 16);
    reader.Integer(object);
    reader.TypeName(object);
    reader.ForEachItem(object, 100, [](RemoteAddress, RemoteAddress) { return true; });
    reader.Attribute(object, "_name");
    reader.ModuleDict(object);
  }
  ReadThreadNames(memory, layout, kBase);
  return 0;
}
