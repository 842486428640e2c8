// What one CPython looks like in memory: the offset of every field that Spyhop reads.
//
// Plain data, made by interp_layouts/generator from the interpreters' own headers (or DWARF), and
// for 3.13 and later overlaid with the target's own _Py_DebugOffsets (debug_offsets.h). A field a
// version does not have is absent, never offset 0. Offsets are bytes from the start of the struct,
// `size` is sizeof the struct. Names are CPython's.
#ifndef SPYHOP_INTERP_LAYOUTS_LAYOUT_H_
#define SPYHOP_INTERP_LAYOUTS_LAYOUT_H_

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "base/address.h"
#include "interp_layouts/features.h"
#include "interp_layouts/version.h"

namespace spyhop {

inline constexpr uint32_t kAbsent = 0xFFFFFFFF;

// A member of a remote struct: where it lies, and of which type it is.
template <typename T>
struct Field {
  static_assert(std::is_trivially_copyable_v<T>);
  uint32_t offset = kAbsent;

  constexpr bool present() const { return offset != kAbsent; }
  constexpr uint32_t end() const { return offset + static_cast<uint32_t>(sizeof(T)); }

  // The value in `copy`, a local copy of the struct of at least end() bytes.
  T In(const void* copy) const {
    T value;
    std::memcpy(&value, static_cast<const char*>(copy) + offset, sizeof(T));
    return value;
  }
  // Its address in the target when the struct lies at `base`.
  RemoteAddress At(RemoteAddress base) const { return base.Plus(offset); }
};

using PointerField = Field<RemoteAddress>;

struct RuntimeLayout {  // _PyRuntimeState, 3.7+
  uint32_t size = 0;
  PointerField interpreters_head;
  Field<uint64_t> autotss_key;   // Py_tss_t of the thread state
  Field<uint8_t> gil;            // to 3.11: struct _gil_runtime_state lies here
  PointerField tstate_current;   // 3.7 to 3.11
  Field<int32_t> gc_collecting;  // 3.7, 3.8: a collection runs; later in the interpreter
};

struct InterpreterLayout {  // PyInterpreterState
  uint32_t size = 0;
  PointerField next;
  PointerField threads_head;
  Field<int64_t> id;                       // 3.7+
  PointerField modules;                    // dict
  PointerField sysdict;                    // dict
  PointerField builtins;                   // dict
  PointerField gil;                        // 3.12+: pointer to the GIL in use
  Field<int32_t> gc_collecting;            // 3.9+: a collection runs in this interpreter
  Field<uint64_t> code_object_generation;  // 3.14+
  Field<uint32_t> tlbc_generation;         // 3.14+ free-threaded: changes when code.tlbc grows
};

struct ThreadStateLayout {  // PyThreadState
  uint32_t size = 0;
  PointerField next;
  PointerField interp;
  PointerField frame;                // to 3.10
  PointerField cframe;               // 3.10 to 3.12
  PointerField current_frame;        // 3.13+
  Field<uint64_t> thread_id;         // pthread_self()
  Field<uint64_t> native_thread_id;  // 3.11+: in the target's pid namespace
  PointerField datastack_chunk;      // 3.11+
  PointerField datastack_top;        // 3.11+
  PointerField datastack_limit;      // 3.11+
  PointerField base_frame;           // 3.15+
  Field<int32_t> holds_gil;          // 3.15+
  Field<int32_t> gil_requested;      // 3.15+
};

struct CFrameLayout {  // _PyCFrame, 3.11 and 3.12
  uint32_t size = 0;
  PointerField current_frame;
  PointerField previous;
};

struct StackChunkLayout {  // _PyStackChunk, 3.11+
  uint32_t size = 0;       // of the header: offset of data
  PointerField previous;
  Field<uint64_t> allocated;  // member `size`: bytes of the chunk, header included
  Field<uint64_t> top;
  Field<uint8_t> data;
};

struct FrameObjectLayout {  // PyFrameObject, to 3.10
  uint32_t size = 0;
  PointerField f_back;
  PointerField f_code;
  Field<int32_t> f_lasti;
  Field<int32_t> f_lineno;
};

struct InterpreterFrameLayout {  // _PyInterpreterFrame, 3.11+
  uint32_t size = 0;             // sizeof: with the first slot of localsplus
  PointerField code;             // f_code; 3.13+: f_executable (tagged from 3.14 on)
  PointerField previous;
  PointerField instr_ptr;  // 3.11, 3.12: prev_instr
  Field<uint64_t> localsplus;
  Field<uint8_t> owner;
  Field<uint8_t> is_entry;    // 3.11 only
  Field<int32_t> tlbc_index;  // 3.14+ free-threaded
};

struct CodeLayout {  // PyCodeObject
  uint32_t size = 0;
  Field<int32_t> argcount;
  Field<int32_t> kwonlyargcount;  // 3.x
  Field<int32_t> flags;
  Field<int32_t> firstlineno;
  PointerField filename;
  PointerField name;
  PointerField qualname;         // 3.11+
  PointerField linetable;        // co_lnotab to 3.9, then co_linetable: a bytes (2.7: str) object
  PointerField code;             // co_code to 3.10: a bytes (2.7: str) object
  Field<uint8_t> code_adaptive;  // 3.11+: bytecode lies here, to the end of the object
  PointerField tlbc;             // 3.14+ free-threaded: _PyCodeArray*
};

struct TlbcLayout {  // _PyCodeArray, 3.14+ free-threaded: the bytecode's copies, one a tlbc_index
  Field<int64_t> size;   // entries
  PointerField entries;  // the first
};

struct GilLayout {  // struct _gil_runtime_state, 3.7+
  uint32_t size = 0;
  PointerField last_holder;
  Field<int32_t> locked;  // -1 = not made yet
  Field<uint64_t> switch_number;
  Field<int32_t> enabled;  // free-threaded only
};

struct ObjectLayout {  // PyObject
  uint32_t size = 0;
  PointerField ob_type;
  Field<int64_t> ob_size;  // PyVarObject
};

struct TypeLayout {  // PyTypeObject
  uint32_t size = 0;
  PointerField tp_name;  // char*
  Field<uint64_t> tp_flags;
  Field<int64_t> tp_basicsize;
  Field<int64_t> tp_dictoffset;
  PointerField ht_cached_keys;  // PyHeapTypeObject, 3.x
};

struct UnicodeLayout {        // PEP 393; 2.7: PyUnicodeObject
  uint32_t ascii_size = 0;    // sizeof(PyASCIIObject): where the bytes of an ascii string begin
  uint32_t compact_size = 0;  // sizeof(PyCompactUnicodeObject)
  Field<int64_t> length;      // code points
  Field<uint32_t> state;      // bit field
  PointerField data;          // not compact: pointer to the units; 2.7: `str`
  uint32_t kind_shift = 0;    // (state >> kind_shift) & 7 = bytes a unit
  uint32_t compact_shift = 0;
  uint32_t ascii_shift = 0;
  uint32_t unit_size = 0;  // 2.7: bytes a unit, 2 (ucs2) or 4
};

struct BytesLayout {  // PyBytesObject; 2.7: PyStringObject
  Field<int64_t> ob_size;
  Field<uint8_t> ob_sval;
};

struct LongLayout {        // PyLongObject; 2.7: PyIntObject in `ival`, PyLongObject else
  Field<int64_t> ob_size;  // to 3.11: digits, signed
  Field<uint64_t> lv_tag;  // 3.12+: digits << 3 | sign
  Field<uint32_t> ob_digit;
  Field<int64_t> ival;  // 2.7: PyIntObject.ob_ival
};

struct DictLayout {  // PyDictObject, PyDictKeysObject
  uint32_t size = 0;
  PointerField ma_keys;
  PointerField ma_values;
  PointerField ma_table;               // 2.7
  Field<int64_t> ma_mask;              // 2.7
  Field<int64_t> dk_size;              // 3.6 to 3.10
  Field<uint8_t> dk_log2_size;         // 3.11+
  Field<uint8_t> dk_log2_index_bytes;  // 3.11+
  Field<uint8_t> dk_kind;              // 3.11+: 0 general, 1 unicode, 2 split
  Field<int64_t> dk_nentries;
  Field<uint8_t> dk_indices;
  // From ma_values to the first value pointer (3.11, 3.12: the prefix lies before). Also of an
  // instance's values where InstanceDictModel has them.
  Field<RemoteAddress> values;
};

struct ModuleLayout {  // PyModuleObject
  PointerField md_dict;
};

struct ListLayout {  // PyListObject and PyTupleObject
  PointerField list_ob_item;
  Field<uint8_t> tuple_ob_item;
};

struct GeneratorLayout {  // PyGenObject and its kin, 3.11+
  Field<uint8_t> gi_iframe;
  Field<int8_t> gi_frame_state;
};

struct Layout {
  // Versions with this layout: from `first` to `last`, both included.
  PyVersion first;
  PyVersion last;
  AbiFlags flags;
  const char* provenance = "";

  Features features;
  RuntimeLayout runtime;
  InterpreterLayout interpreter;
  ThreadStateLayout thread;
  CFrameLayout cframe;
  StackChunkLayout chunk;
  FrameObjectLayout frame_object;
  InterpreterFrameLayout iframe;
  CodeLayout code;
  TlbcLayout tlbc;
  GilLayout gil;
  ObjectLayout object;
  TypeLayout type;
  UnicodeLayout unicode;
  BytesLayout bytes;
  LongLayout integer;
  DictLayout dict;
  ModuleLayout module;
  ListLayout sequence;
  GeneratorLayout generator;
};

}  // namespace spyhop

#endif  // SPYHOP_INTERP_LAYOUTS_LAYOUT_H_
