#include "sampler/python/python_clues.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace spyhop {
namespace {

constexpr std::string_view kRuntime = "_PyRuntime";
constexpr std::string_view kInterpHead = "interp_head";
constexpr std::string_view kCurrentThread = "_PyThreadState_Current";
constexpr std::string_view kVersionWord = "Py_Version";
constexpr std::string_view kVersionBuffer = "version";

constexpr std::string_view kGilLockPointer = "interpreter_lock";
constexpr std::string_view kImportLockPointer = "import_lock";
constexpr std::string_view kImportLockThread = "import_lock_thread";
constexpr std::array<std::string_view, 4> kGilLocks = {"gil_cond", "gil_mutex", "switch_cond",
                                                       "switch_mutex"};
// Exist only where Py_REF_DEBUG is defined: Include/object.h of 2.7 to 3.11; 3.12 and later.
constexpr std::array<std::string_view, 4> kDebugNames = {
    "_Py_RefTotal", "_Py_GetRefTotal", "_Py_GetGlobalRefTotal", "_Py_NegativeRefcount"};
// pypy/module/cpyext and the embedding interface of libpypy.
constexpr std::array<std::string_view, 3> kPyPyNames = {"pypy_execute_source", "pypy_main_function",
                                                        "rpython_startup_code"};

template <size_t N>
bool IsOneOf(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string_view> WantedNames() {
  std::vector<std::string_view> names = {kRuntime,           kInterpHead,      kCurrentThread,
                                         kVersionWord,       kVersionBuffer,   kGilLockPointer,
                                         kImportLockPointer, kImportLockThread};
  names.insert(names.end(), kGilLocks.begin(), kGilLocks.end());
  names.insert(names.end(), kDebugNames.begin(), kDebugNames.end());
  names.insert(names.end(), kPyPyNames.begin(), kPyPyNames.end());
  return names;
}

void AddPlace(RemoteAddress address, std::string found_by,
              std::vector<PythonClues::Place>& places) {
  const bool known = std::any_of(places.begin(), places.end(),
                                 [&](const auto& place) { return place.address == address; });
  if (!known) places.push_back({address, std::move(found_by)});
}

void AddSymbol(const ElfSymbol& symbol, uint64_t bias, PythonClues& clues) {
  const RemoteAddress address(symbol.address + bias);
  const std::string found_by = absl::StrCat(symbol.dynamic ? "dynsym " : "symtab ", symbol.name);
  if (symbol.name == kRuntime) {
    AddPlace(address, found_by, clues.runtimes);
  } else if (symbol.name == kInterpHead) {
    AddPlace(address, found_by, clues.heads);
  } else if (symbol.name == kCurrentThread) {
    clues.current_thread = address;
  } else if (symbol.name == kVersionWord) {
    clues.version_word = address;
  } else if (symbol.name == kVersionBuffer) {
    clues.version_buffers.push_back(address);
  } else if (symbol.name == kGilLockPointer) {
    clues.gil_lock_pointer = address;
  } else if (symbol.name == kImportLockPointer) {
    clues.import_lock_pointer = address;
  } else if (symbol.name == kImportLockThread) {
    clues.import_lock_thread = address;
  } else if (IsOneOf(symbol.name, kGilLocks)) {
    clues.gil_locks.push_back(AddressRange::OfSize(address, symbol.size));
  } else if (IsOneOf(symbol.name, kDebugNames)) {
    clues.debug_build = true;
  } else {
    clues.pypy = true;
  }
}

}  // namespace

PythonClues ReadPythonClues(const ElfFile& file, uint64_t bias) {
  PythonClues clues;
  for (const ElfSymbol& symbol : file.FindSymbols(WantedNames())) AddSymbol(symbol, bias, clues);
  if (const std::optional<ElfSection> section = file.FindSection(".PyRuntime")) {
    AddPlace(RemoteAddress(section->address + bias), "section .PyRuntime", clues.runtimes);
  }
  return clues;
}

}  // namespace spyhop
