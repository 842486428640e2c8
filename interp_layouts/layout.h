// What one CPython looks like in memory: the offset of every field that Spyhop reads. Here its
// runtime: interpreters, threads, frames, code; object_layouts.h has the objects.
//
// Plain data, made by interp_layouts/generator from the interpreters' own headers (or DWARF), and
// for 3.13 and later overlaid with the target's own _Py_DebugOffsets (debug_offsets.h). A field a
// version does not have is absent, never offset 0. Offsets are bytes from the start of the struct,
// `size` is sizeof the struct. Names are CPython's.
#ifndef SPYHOP_INTERP_LAYOUTS_LAYOUT_H_
#define SPYHOP_INTERP_LAYOUTS_LAYOUT_H_

#include <cstdint>

#include "interp_layouts/features.h"
#include "interp_layouts/field.h"
#include "interp_layouts/object_layouts.h"
#include "interp_layouts/version.h"

namespace spyhop {

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
  PointerField f_valuestack;    // the first slot of the evaluation stack
  Field<int32_t> f_iblock;      // blocks in use
  Field<uint8_t> f_blockstack;  // PyTryBlock: three ints each
  PointerField f_globals;
  PointerField f_locals;
  Field<uint64_t> f_localsplus;  // the first of its slots
};

struct InterpreterFrameLayout {  // _PyInterpreterFrame, 3.11+
  uint32_t size = 0;             // sizeof: with the first slot of localsplus
  PointerField code;             // f_code; 3.13+: f_executable (tagged from 3.14 on)
  PointerField previous;
  PointerField instr_ptr;  // 3.11, 3.12: prev_instr
  PointerField f_globals;
  PointerField f_locals;
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
  PointerField exceptiontable;   // 3.11+: a bytes object
  Field<int32_t> nlocalsplus;    // 3.11+: slots of a frame before its evaluation stack
  PointerField tlbc;             // 3.14+ free-threaded: _PyCodeArray*
  PointerField monitoring;       // 3.12+: _PyCoMonitoringData*, null when nobody monitors
  PointerField varnames;         // to 3.10: tuples of the names of localsplus
  PointerField cellvars;         // to 3.10
  PointerField freevars;         // to 3.10
  PointerField localsplusnames;  // 3.11+: a tuple
  PointerField localspluskinds;  // 3.11+: a bytes object, a byte a name
};

struct MonitoringLayout {                // _PyCoMonitoringData, 3.12+
  PointerField lines;                    // _PyCoLineInstrumentationData
  PointerField per_instruction_opcodes;  // a byte a unit: what INSTRUMENTED_INSTRUCTION stands for
};

// _PyCoLineInstrumentationData, 3.12+: an entry a unit, whose first byte is the opcode that
// INSTRUMENTED_LINE stands for.
struct LineMonitoringLayout {
  uint32_t entry_size = 0;         // 0: bytes_per_entry says it
  Field<uint8_t> bytes_per_entry;  // since a release of 3.13
  Field<uint8_t> original_opcode;  // of the first entry
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
  MonitoringLayout monitoring;
  LineMonitoringLayout line_monitoring;
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
  MemberLayout member;
  SimpleLayout simple;
  SetLayout set;
  RangeLayout range;
  CallableLayout callable;
  DequeLayout deque;
  OldStyleLayout old_style;
};

}  // namespace spyhop

#endif  // SPYHOP_INTERP_LAYOUTS_LAYOUT_H_
