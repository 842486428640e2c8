#include "sampler/process_unwinder.h"

#include <utility>

#include "sampler/loaded_elf.h"
#include "symbolizer/call_frames.h"

namespace spyhop {

ProcessUnwinder::ProcessUnwinder(const TargetFiles& files, RemoteMemory& memory,
                                 const CodePlaces& places)
    : files_(files),
      memory_(memory),
      places_(places),
      code_(memory),
      unwinder_([this](RemoteAddress pc) { return OpenModule(pc); }, &code_),
      generation_(places.generation()) {
  for (const Mapping& mapping : places.map().mappings()) {
    const RemoteAddress begin = mapping.range.begin();
    const CodePlace place = places.PlaceOnStack(begin);
    const bool met_by_all = place != CodePlace::kUnknown && place != CodePlace::kLibrary;
    if (met_by_all) unwinder_.Prepare(begin);
  }
}

UnwindEnd ProcessUnwinder::Unwind(const NativeCopy& copy, std::vector<NativeFrame>& frames) {
  if (std::exchange(generation_, places_.generation()) != places_.generation()) {
    unwinder_.Forget();
    code_.Forget();
  }
  return unwinder_.Unwind(copy.registers(), copy.stack(), frames);
}

std::optional<CodeModule> ProcessUnwinder::OpenModule(RemoteAddress pc) const {
  const Mapping* mapping = places_.map().Find(pc);
  if (mapping == nullptr || !mapping->executable) return std::nullopt;
  CodeModule module{.code = mapping->range};
  std::optional<LoadedElf> elf = OpenLoadedElf(files_, memory_, *mapping);
  if (!elf) return module;
  module.bias = elf->bias;
  module.frames = CallFrames::Open(std::move(elf->file));
  return module;
}

}  // namespace spyhop
