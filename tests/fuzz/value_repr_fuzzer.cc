// Input: which layout, then the target's memory from kBase on. Every aligned address in it is
// written as a value, and taken for a frame.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "interp_layouts/registry.h"
#include "sampler/python/bounded_memory.h"
#include "sampler/python/frame_locals.h"
#include "sampler/python/value_repr.h"
#include "tests/fakes/fake_memory.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace spyhop;
  constexpr RemoteAddress kBase(0x10000);
  constexpr size_t kMaxObjects = 64;
  constexpr ReprLimits kLimits{.depth = 3, .length = 400};
  if (size < 1) return 0;
  const absl::Span<const Layout> layouts = AllLayouts();
  const Layout& layout = layouts[data[0] % layouts.size()];
  FakeMemory fake;
  fake.SetBytes(kBase, {data + 1, size - 1});
  BoundedMemory memory(fake, 4 << 20, INT64_MAX);
  const NameMask mask(NameMask::UsualSecrets());
  ValueRepr repr(memory, layout, kLimits, mask);
  FrameLocals locals(memory, layout);
  const std::unique_ptr<FrameWalker> walker = MakeFrameWalker(layout);
  for (size_t at = 0; at < std::min(size, kMaxObjects * 8); at += 8) {
    const RemoteAddress address = kBase.Plus(at);
    // A little over: what closes what is open, and the last name or short form.
    if (repr.Of(address).value.size() > 4 * kMaxNameBytes) std::abort();
    repr.Masked(address);
    RawFrame frame{fake.ReadPointer(address).value_or(RemoteAddress()), 0, false, kBase};
    const auto variables = locals.Read(frame, *walker);
    if (variables) locals.Still(*variables);
    locals.IsAt(frame);
  }
  return 0;
}
