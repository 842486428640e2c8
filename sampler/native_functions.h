// Which function an address of the target's code is in: names, files and roles, each looked up
// once.
//
// Reads a file's symbols when the first address in it is met (5 ms for libpython), so this is for
// after the target has been resumed. What was made at run time is asked for anew each time. Not
// thread-safe.
#ifndef SPYHOP_SAMPLER_NATIVE_FUNCTIONS_H_
#define SPYHOP_SAMPLER_NATIVE_FUNCTIONS_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/remote_memory.h"
#include "interp_layouts/layout.h"
#include "sampler/code_places.h"
#include "sampler/jit_names.h"
#include "sampler/loaded_elf.h"
#include "sampler/native_function.h"
#include "sampler/target/target_files.h"
#include "symbolizer/line_info.h"
#include "symbolizer/symbol_table.h"

namespace spyhop {

class NativeFunctions {
 public:
  // All must outlive this.
  NativeFunctions(const TargetFiles& files, RemoteMemory& memory, const CodePlaces& places,
                  const Layout& layout);

  // Before the first question about a stack: forgets what is no longer so.
  void Refresh();
  // Of the instruction at `address`. Valid until Refresh; the same function is the same object.
  const NativeFunction& At(RemoteAddress address, Nanos now);
  // Its source line, where there is debug information. For reports: see LineInfo.
  std::optional<LineInfo::Place> LineAt(RemoteAddress address);

 private:
  struct Module {
    uint64_t bias = 0;
    std::optional<SymbolTable> symbols;
    bool lines_opened = false;
    std::unique_ptr<LineInfo> lines;
  };

  const NativeFunction& Find(RemoteAddress address, const Mapping& mapping);
  const NativeFunction& FindMade(RemoteAddress address, Nanos now);
  // Keeps the function in `known` unless one is there.
  const NativeFunction& Add(NativeFunction function, const NativeFunction*& known);
  Module& ModuleOf(const Mapping& mapping);
  std::optional<LoadedElf> OpenWithSymbols(const Mapping& mapping) const;
  NativeRole RoleOf(RemoteAddress address, std::string_view name) const;

  const TargetFiles& files_;
  RemoteMemory& memory_;
  const CodePlaces& places_;
  const std::string_view evaluation_;  // the name of the loop
  JitNames jit_names_;
  int generation_ = 0;
  absl::flat_hash_map<RemoteAddress, std::unique_ptr<Module>> modules_;  // by mapping
  std::deque<NativeFunction> functions_;
  absl::flat_hash_map<RemoteAddress, const NativeFunction*> by_begin_;
  // Where no symbol tells: by the file's mapping; null for code that is in no file.
  absl::flat_hash_map<RemoteAddress, const NativeFunction*> unnamed_;
  absl::flat_hash_map<RemoteAddress, const NativeFunction*> by_address_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_NATIVE_FUNCTIONS_H_
