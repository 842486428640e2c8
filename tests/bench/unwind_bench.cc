// What unwinding a copied stack costs once its code has been met: no system call, no file.
//
// "frames": in the stack; the time is of one whole stack. The prototype's figure is 10 ns a frame.
#include <benchmark/benchmark.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "symbolizer/elf_file.h"
#include "symbolizer/memory_map.h"
#include "symbolizer/unwinder.h"
#include "tests/unit/own_stack.h"
#include "tests/unit/symbolizer/open_elf.h"

namespace spyhop {
namespace {

std::vector<CodeModule> OwnModules() {
  std::ifstream text("/proc/self/maps");
  const MemoryMap map = MemoryMap::Parse(std::string(std::istreambuf_iterator<char>(text), {}));
  std::vector<CodeModule> modules;
  for (const Mapping& mapping : map.mappings()) {
    const auto file = mapping.executable && mapping.has_file() ? OpenElf(mapping.path) : nullptr;
    const std::optional<uint64_t> bias = file ? file->LoadBias(mapping) : std::nullopt;
    if (bias) modules.push_back({mapping.range, *bias, CallFrames::Open(file)});
  }
  return modules;
}

__attribute__((noinline)) int CopyBelow(int calls, OwnStack& stack) {
  if (calls == 0) {
    stack.Take(OwnStack::End());
    return 0;
  }
  volatile int below = CopyBelow(calls - 1, stack);
  return below + 1;
}

void BM_Unwind(benchmark::State& state) {
  const std::vector<CodeModule> modules = OwnModules();
  Unwinder unwinder([&](RemoteAddress pc) -> std::optional<CodeModule> {
    for (const CodeModule& module : modules) {
      if (module.code.Contains(pc)) return module;
    }
    return std::nullopt;
  });
  OwnStack stack;
  CopyBelow(static_cast<int>(state.range(0)), stack);
  std::vector<NativeFrame> frames;
  for (auto _ : state) {
    const UnwindEnd end = unwinder.Unwind(stack.registers, stack.copy(), frames);
    if (end != UnwindEnd::kWhole) state.SkipWithError("the stack was not unwound whole");
  }
  state.counters["frames"] = static_cast<double>(frames.size());
}

BENCHMARK(BM_Unwind)->Arg(1)->Arg(10)->Arg(190);

}  // namespace
}  // namespace spyhop
