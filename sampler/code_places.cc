#include "sampler/code_places.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include "sampler/loaded_elf.h"

namespace spyhop {
namespace {

constexpr Nanos kReadMapEvery = 100 * kMillisecond;
// A file may be mapped where another one was.
constexpr Nanos kMapLife = kSecond;
// A process with 60,000 mappings takes 30 ms to tell them; it is not asked for so many times as
// long.
constexpr Nanos kPauseOfReads = 200;
// The loop of a tail-call build only jumps into the first opcode's function; the others are 30 KiB.
constexpr uint64_t kSmallLoop = 8192;

// Python/ceval.c: the loop itself, 2.7 to 3.15; one function per opcode where it is built with
// tail calls (Python/generated_cases.c.h through TARGET in Python/ceval_macros.h, 3.14+). The first
// one is where it is entered, in 2.7 the second.
constexpr std::string_view kLoop[] = {
    "_PyEval_EvalFrameDefault", "PyEval_EvalFrameEx", "PyEval_EvalFrame",
    "_PyEval_EvalFrame",        "_TAIL_CALL_*",
};
// Between a CALL instruction and the callee's first one, and back (Python/ceval.c,
// Objects/call.c, classobject.c, frameobject.c, genobject.c, typeobject.c).
constexpr std::string_view kCalling[] = {
    "PyEval_EvalCode",
    "PyEval_EvalCodeEx",
    "_PyEval_EvalCode",
    "_PyEval_EvalCodeWithName",
    "_PyEval_Vector",
    "_PyEvalFramePushAndInit",
    "_PyEvalFramePushAndInit_Ex",
    "_PyEvalFrameClearAndPop",
    "_PyFunction_FastCall",
    "_PyFunction_FastCallDict",
    "_PyFunction_FastCallKeywords",
    "_PyFunction_Vectorcall",
    "_PyFunctionCode_FastCall",
    "_PyThreadState_PushFrame",
    "_PyThreadState_PopFrame",
    "_PyFrame_ClearExceptCode",
    "_PyFrame_ClearLocals",
    "_PyFrame_New_NoTrack",
    "_PyObject_Call_Prepend",
    "_PyObject_FastCall",
    "_PyObject_FastCallDict",
    "_PyObject_FastCallDictTstate",
    "_PyObject_FastCallKeywords",
    "_PyObject_FastCall_Prepend",
    "_PyObject_MakeTpCall",
    "_PyObject_Vectorcall",
    "PyFrame_New",
    "PyObject_Call",
    "PyObject_Vectorcall",
    "PyVectorcall_Call",
    "call_function",
    "clear_gen_frame",
    "clear_thread_frame",
    "do_call",
    "do_call_core",
    "ext_do_call",
    "fast_function",
    "frame_dealloc",
    "func_dealloc",
    "function_call",
    "function_code_fastcall",
    "gen_close",
    "gen_iternext",
    "gen_send",
    "gen_send_ex",
    "gen_send_ex2",
    "init_frame",
    "initialize_locals",
    "instance_call",
    "instancemethod_call",
    "lookup_maybe_method",
    "method_call",
    "method_dealloc",
    "method_vectorcall",
    "object_init",
    "object_new",
    "slot_tp_call",
    "slot_tp_init",
    "slot_tp_new",
    "subtype_dealloc",
    "type_call",
};
// What both the interpreter and C functions use (Objects/obmalloc.c, Modules/gcmodule.c).
constexpr std::string_view kHelpers[] = {
    "PyMem_Free",
    "PyMem_Malloc",
    "PyObject_Calloc",
    "PyObject_Free",
    "PyObject_GC_Del",
    "PyObject_GC_Track",
    "PyObject_GC_UnTrack",
    "PyObject_Malloc",
    "PyObject_Realloc",
    "PyType_GenericAlloc",
    "PyType_GenericNew",
    "PyTuple_New",
    "_PyMem_RawFree",
    "_PyMem_RawMalloc",
    "_PyObject_Alloc",
    "_PyObject_Calloc",
    "_PyObject_Free",
    "_PyObject_GC_Alloc",
    "_PyObject_GC_Malloc",
    "_PyObject_GC_New",
    "_PyObject_GC_NewVar",
    "_PyObject_GC_Resize",
    "_PyObject_Malloc",
    "_PyObject_Realloc",
    "_PyType_AllocNoTrack",
    "_Py_Dealloc",
    "_Py_NewReference",
    "_mi_free",
    "_mi_malloc_generic",
    "allocate_from_new_pool",
    "gc_alloc",
    "mi_free",
    "mi_heap_malloc",
    "mi_malloc",
    "pymalloc_alloc",
    "pymalloc_free",
    "tupledealloc",
};
// File names, up to ".so" or "-": the C library and what serves in its place.
constexpr std::string_view kSystemLibraries[] = {
    "ld",   "ld-linux-x86", "ld-musl-x86_64", "libc",  "libdl",     "libgcc_s",    "libjemalloc",
    "libm", "libmimalloc",  "libpthread",     "librt", "libstdc++", "libtcmalloc",
};

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool IsSystemLibrary(const Mapping& mapping) {
  if (mapping.path == "[vdso]" || mapping.path == "[vsyscall]") return true;
  const std::string_view name = BaseName(mapping.path);
  return std::any_of(std::begin(kSystemLibraries), std::end(kSystemLibraries),
                     [name](std::string_view library) {
                       if (name.substr(0, library.size()) != library) return false;
                       const std::string_view rest = name.substr(library.size());
                       return rest.substr(0, 3) == ".so" || rest.substr(0, 2) == "-2" ||
                              rest.substr(0, 3) == "-64";
                     });
}

// Anonymous code (made at run time) may come and go.
bool SameCode(const MemoryMap& a, const MemoryMap& b) {
  const auto files = [](const MemoryMap& map) {
    std::vector<std::tuple<RemoteAddress, RemoteAddress, uint64_t, uint64_t, uint64_t>> code;
    for (const Mapping& mapping : map.mappings()) {
      if (!mapping.executable || !mapping.has_file()) continue;
      code.emplace_back(mapping.range.begin(), mapping.range.end(), mapping.offset, mapping.device,
                        mapping.inode);
    }
    return code;
  };
  return files(a) == files(b);
}

}  // namespace

CodePlaces::CodePlaces(const TargetFiles& files, const Interpreter& interpreter)
    : files_(files), module_(interpreter.module), executable_(files.Executable()) {
  ReadMap(0);
}

void CodePlaces::ReadMap(Nanos now) {
  const Nanos begin = MonotonicClock().Now();
  const absl::StatusOr<std::string> text = files_.MapsText();
  MemoryMap map = MemoryMap::Parse(text.value_or(""));
  const Nanos pause = kPauseOfReads * (MonotonicClock().Now() - begin);
  next_read_ = now + std::max(kReadMapEvery, pause);
  valid_until_ = now + std::max(kMapLife, pause);
  if (!text.ok()) return;
  if (!SameCode(map, map_)) ++generation_;
  map_ = std::move(map);
  code_.clear();
  for (const Mapping& mapping : map_.mappings()) {
    if (!mapping.executable) continue;
    CodePlace place = CodePlace::kLibrary;
    if (mapping.path == module_ || (mapping.has_file() && mapping.path == executable_)) {
      place = CodePlace::kInterpreter;
    } else if (IsSystemLibrary(mapping)) {
      place = CodePlace::kHelper;
    } else if (!mapping.has_file()) {
      place = CodePlace::kUnknown;
    }
    code_.push_back({mapping.range, place});
  }
  if (!functions_read_) ReadFunctions();
}

void CodePlaces::ReadFunctions() {
  functions_read_ = true;
  for (const Mapping& mapping : map_.mappings()) {
    if (mapping.executable && mapping.path == module_) AddFunctions(mapping);
  }
  std::sort(functions_.begin(), functions_.end(),
            [](const Range& a, const Range& b) { return a.range.begin() < b.range.begin(); });
}

void CodePlaces::AddFunctions(const Mapping& code) {
  const std::optional<LoadedElf> elf = OpenLoadedElf(files_, code);
  if (!elf) return;
  const auto add = [&](absl::Span<const std::string_view> names, CodePlace place) {
    uint64_t bytes = 0;
    for (const ElfSymbol& symbol : elf->file->FindFunctions(names)) {
      const RemoteAddress begin(symbol.address + elf->bias);
      functions_.push_back({AddressRange::OfSize(begin, symbol.size), place});
      const bool enters = symbol.name == kLoop[0] || (symbol.name == kLoop[1] && !loop_entry_);
      if (enters) loop_entry_ = begin;
      bytes += symbol.size;
    }
    return bytes;
  };
  loop_is_nameless_ = add(kLoop, CodePlace::kEvalLoop) < kSmallLoop;
  add(kCalling, CodePlace::kCalling);
  add(kHelpers, CodePlace::kHelper);
}

CodePlace CodePlaces::PlaceIn(const std::vector<Range>& ranges, RemoteAddress pc) {
  auto after = std::upper_bound(
      ranges.begin(), ranges.end(), pc,
      [](RemoteAddress address, const Range& r) { return address < r.range.begin(); });
  if (after == ranges.begin() || !std::prev(after)->range.Contains(pc)) return CodePlace::kUnknown;
  return std::prev(after)->place;
}

CodePlace CodePlaces::Of(RemoteAddress pc, Nanos now) {
  const CodePlace place = PlaceOnStack(pc);
  const bool known = place != CodePlace::kUnknown && now < valid_until_;
  if (known || now < next_read_) return place;
  ReadMap(now);
  return PlaceOnStack(pc);
}

CodePlace CodePlaces::PlaceOnStack(RemoteAddress pc) const {
  const CodePlace place = PlaceIn(code_, pc);
  if (place != CodePlace::kInterpreter) return place;
  const CodePlace role = PlaceIn(functions_, pc);
  return role == CodePlace::kUnknown ? CodePlace::kInterpreter : role;
}

}  // namespace spyhop
