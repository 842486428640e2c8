#include "sampler/native_functions.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/absl_view.h"
#include "sampler/debug_file.h"
#include "symbolizer/demangle.h"
#include "symbolizer/packed_symbols.h"

namespace spyhop {
namespace {

constexpr size_t kMostKnown = 200'000;
constexpr char kUnknownFunction[] = "[unknown]";
constexpr std::string_view kTrampoline = "py::";

// Between a call in Python and the C function that it calls (Objects/call.c, descrobject.c,
// methodobject.c, 3.6 to 3.15), beside what CodePlace::kCalling stands for.
constexpr std::string_view kCallers[] = {
    "PyCFunction_Call",
    "PyEval_CallObjectWithKeywords",
    "PyObject_CallFunctionObjArgs",
    "PyObject_CallMethodObjArgs",
    "PyObject_CallNoArgs",
    "PyObject_CallOneArg",
    "PyObject_CallObject",
    "PyObject_VectorcallMethod",
    "_PyCFunction_FastCallDict",
    "_PyCFunction_FastCallKeywords",
    "_PyMethodDef_RawFastCallDict",
    "_PyMethodDef_RawFastCallKeywords",
    "_PyMethodDescr_FastCallKeywords",
    "_PyMethodDescr_Vectorcall",
    "_PyObject_CallFunctionVa",
    "_PyObject_CallMethod",
    "_PyObject_Call",
    "_PyObject_CallNoArgsTstate",
    "_PyObject_VectorcallDictTstate",
    "_PyObject_VectorcallTstate",
    "_PyVectorcall_Call",
    "_Py_VectorCallInstrumentation_StackRefSteal",
    "_Py_BuiltinCallFast_StackRef",
    "object_vacall",
    "vectorcall_maybe",
    "vectorcall_method",
};
constexpr std::string_view kCallerBeginnings[] = {
    "_Py_BuiltinCall",  "_Py_Vectorcall", "cfunction_",   "method_vectorcall_",
    "methoddescr_call", "wrapperdescr_",  "wrapper_call",
};

bool IsCaller(std::string_view name) {
  return std::find(std::begin(kCallers), std::end(kCallers), name) != std::end(kCallers) ||
         std::any_of(
             std::begin(kCallerBeginnings), std::end(kCallerBeginnings),
             [name](std::string_view begin) { return name.substr(0, begin.size()) == begin; });
}

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// Not so: memory that the target has named ("[anon:...]", prctl(2), PR_SET_VMA).
bool IsFilesCode(const Mapping* mapping) {
  return mapping != nullptr && mapping->executable &&
         (mapping->has_file() || mapping->path == "[vdso]" || mapping->path == "[vsyscall]");
}

}  // namespace

NativeFunctions::NativeFunctions(const TargetFiles& files, RemoteMemory& memory,
                                 const CodePlaces& places, const Layout& layout)
    : files_(files),
      memory_(memory),
      places_(places),
      // Python/ceval.c; PEP 523 has renamed it (3.6).
      evaluation_(layout.features.opcodes == OpcodeSet::k27 ? "PyEval_EvalFrameEx"
                                                            : "_PyEval_EvalFrameDefault"),
      jit_names_(files) {}

void NativeFunctions::Refresh() {
  const bool full = by_address_.size() >= kMostKnown || functions_.size() >= kMostKnown;
  if (generation_ == places_.generation() && !full) return;
  generation_ = places_.generation();
  modules_.clear();
  by_begin_.clear();
  unnamed_.clear();
  by_address_.clear();
  functions_.clear();
}

const NativeFunction& NativeFunctions::At(RemoteAddress address, Nanos now) {
  const auto known = by_address_.find(address);
  if (known != by_address_.end()) return *known->second;
  const Mapping* mapping = places_.map().Find(address);
  if (!IsFilesCode(mapping)) return FindMade(address, now);
  const NativeFunction& found = Find(address, *mapping);
  by_address_[address] = &found;
  return found;
}

// Such code may be replaced, and may get its name later.
const NativeFunction& NativeFunctions::FindMade(RemoteAddress address, Nanos now) {
  const PerfMap::Function* made = jit_names_.At(address, now);
  if (made == nullptr) {
    return Add({kUnknownFunction, "", NativeRole::kWork}, unnamed_[RemoteAddress()]);
  }
  // CPython's own trampolines (Python/perf_trampoline.c, 3.12+) call the evaluation loop.
  const bool trampoline = made->name.compare(0, kTrampoline.size(), kTrampoline) == 0;
  const auto known = by_begin_.find(made->range.begin());
  if (known != by_begin_.end() && known->second->name == made->name) return *known->second;
  if (known != by_begin_.end()) by_begin_.erase(known);
  return Add({made->name, "", trampoline ? NativeRole::kCalling : NativeRole::kWork},
             by_begin_[made->range.begin()]);
}

const NativeFunction& NativeFunctions::Find(RemoteAddress address, const Mapping& mapping) {
  const Module& module = ModuleOf(mapping);
  const uint64_t linked = address.value() - module.bias;
  const auto symbol = module.symbols ? module.symbols->Find(linked) : std::nullopt;
  if (!symbol) {
    // One row for each file, so that a stripped one's time is found in one place.
    return Add({absl::StrCat("[", AbslView(BaseName(mapping.path)), "]"), mapping.path,
                RoleOf(address, ""), false},
               unnamed_[mapping.range.begin()]);
  }
  const RemoteAddress begin(symbol->address + module.bias);
  const NativeFunction*& known = by_begin_[begin];
  if (known != nullptr) return *known;
  return Add({Demangle(symbol->name), mapping.path, RoleOf(address, symbol->name)}, known);
}

const NativeFunction& NativeFunctions::Add(NativeFunction function, const NativeFunction*& known) {
  if (known == nullptr) known = &functions_.emplace_back(std::move(function));
  return *known;
}

std::optional<LineInfo::Place> NativeFunctions::LineAt(RemoteAddress address) {
  const Mapping* mapping = places_.map().Find(address);
  if (!IsFilesCode(mapping)) return std::nullopt;
  Module& module = ModuleOf(*mapping);
  if (!std::exchange(module.lines_opened, true)) {
    std::optional<LoadedElf> elf = OpenWithSymbols(*mapping);
    if (elf) module.lines = LineInfo::Open(std::move(elf->file));
  }
  return module.lines ? module.lines->At(address.value() - module.bias) : std::nullopt;
}

NativeFunctions::Module& NativeFunctions::ModuleOf(const Mapping& mapping) {
  std::unique_ptr<Module>& module = modules_[mapping.range.begin()];
  if (module != nullptr) return *module;
  module = std::make_unique<Module>();
  if (const std::optional<LoadedElf> elf = OpenWithSymbols(mapping)) {
    module->bias = elf->bias;
    const std::optional<ElfFile> packed =
        elf->file->HasSymbolTable() ? std::nullopt : OpenPackedSymbols(*elf->file);
    module->symbols.emplace(*elf->file, packed ? &*packed : nullptr);
  }
  return *module;
}

// The separate debug file in place of a stripped one.
std::optional<LoadedElf> NativeFunctions::OpenWithSymbols(const Mapping& mapping) const {
  std::optional<LoadedElf> elf = OpenLoadedElf(files_, memory_, mapping);
  if (!elf || elf->file->HasSymbolTable()) return elf;
  std::optional<ElfFile> separate = OpenDebugFile(files_, *elf->file, mapping.path);
  if (separate) elf->file = std::make_shared<const ElfFile>(*std::move(separate));
  return elf;
}

NativeRole NativeFunctions::RoleOf(RemoteAddress address, std::string_view name) const {
  const std::string_view base = name.substr(0, name.find('.'));
  switch (places_.PlaceOnStack(address)) {
    case CodePlace::kEvalLoop:
      return base == evaluation_ ? NativeRole::kEvaluation : NativeRole::kCalling;
    case CodePlace::kCalling:
      return NativeRole::kCalling;
    case CodePlace::kHelper:
    case CodePlace::kInterpreter:
      return IsCaller(base) ? NativeRole::kCalling : NativeRole::kRuntime;
    case CodePlace::kLibrary:
    case CodePlace::kUnknown:
      break;
  }
  return NativeRole::kWork;
}

}  // namespace spyhop
