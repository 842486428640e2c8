// Finds a CPython without symbols: by what its memory looks like. The last resort of the finder,
// for static executables that were stripped of everything and for files that cannot be opened.
//
// Looks only into one mapped file's own writable memory (.data, .bss), reading it whole: tens of
// milliseconds. Whatever it returns is a place to try, nothing more.
#ifndef SPYHOP_SAMPLER_PYTHON_INTERPRETER_SCAN_H_
#define SPYHOP_SAMPLER_PYTHON_INTERPRETER_SCAN_H_

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/remote_memory.h"
#include "interp_layouts/layout.h"
#include "interp_layouts/version.h"
#include "symbolizer/memory_map.h"

namespace spyhop {

class InterpreterScan {
 public:
  // All must outlive the scan.
  InterpreterScan(RemoteMemory& memory, const MemoryMap& map, const MappedObject& object)
      : memory_(memory), map_(map), object_(object) {}

  // A name of an environment variable that every CPython reads lies in the read-only data.
  // False for files too small to hold an interpreter.
  bool HasPythonStrings();

  // PY_VERSION among the read-only data.
  std::optional<PyVersion> VersionConstant();

  // Where the cookie of 3.13+ lies: each may be a _PyRuntime.
  std::vector<RemoteAddress> CookiePlaces();

  // Variables that point to something like a PyInterpreterState of `layout`: its first thread
  // state points back to it and its modules are in a dict. Lowest first.
  std::vector<RemoteAddress> InterpreterVariables(const Layout& layout);

 private:
  struct Words {
    RemoteAddress begin;
    std::vector<uint64_t> words;
  };

  const std::vector<Words>& WritableWords();
  template <typename Visit>
  void ForEachReadOnlyPiece(Visit visit);
  bool PointsToInterpreter(const Layout& layout, RemoteAddress value);
  bool HasDicts(const Layout& layout, RemoteAddress interpreter);

  RemoteMemory& memory_;
  const MemoryMap& map_;
  const MappedObject& object_;
  std::optional<std::vector<Words>> words_;
  // By the offsets that matter: words that point to something whose thread state points back.
  absl::flat_hash_map<std::pair<uint32_t, uint32_t>, std::vector<RemoteAddress>> variables_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_INTERPRETER_SCAN_H_
