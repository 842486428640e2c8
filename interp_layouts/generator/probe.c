/* Prints where one CPython keeps the fields named in layout.h.
 *
 * Compiled by generate.py against one interpreter's own headers, with -DPy_BUILD_CORE and the
 * flavour's macros; runs without that interpreter. Each line of output is a fact:
 *   field GROUP.NAME OFFSET WIDTH     a member; WIDTH 0: a place, not a value to read
 *   size GROUP OFFSET                 sizeof the struct
 *   value GROUP.NAME NUMBER           anything else
 *   table GROUP.NAME POSITION VALUE   a word of _Py_DebugOffsets (3.13+)
 * What a version does not have is not printed.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
/* Above: Python.h must come first. Below: what it leaves out. */
#include <frameobject.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <structmember.h>

#if PY_VERSION_HEX < 0x030b0000
#include <longintrepr.h>
#endif
#if PY_VERSION_HEX >= 0x03090000
#include "internal/pycore_interp.h"
#include "internal/pycore_runtime.h"
#endif
#if PY_VERSION_HEX >= 0x03080000
#include "internal/pycore_gil.h"
#include "internal/pycore_pystate.h"
#elif PY_VERSION_HEX >= 0x03070000
#include "internal/gil.h"
#include "internal/pystate.h"
#endif
#if PY_VERSION_HEX >= 0x030a0000
#include "internal/pycore_moduleobject.h"
#endif
#if PY_VERSION_HEX >= 0x030b0000
#include "internal/pycore_code.h"
#include "internal/pycore_dict.h"
#include "internal/pycore_frame.h"
#endif
#if PY_VERSION_HEX >= 0x030e0000
#include "internal/pycore_debug_offsets.h"
#include "internal/pycore_genobject.h"
#include "internal/pycore_instruments.h"
#include "internal/pycore_interpframe.h"
#endif

#define WIDTH(type, member) ((unsigned long)sizeof(((type *)0)->member))
#define PRINT_FIELD(name, offset, width) \
  printf("field " name " %lu %lu\n", (unsigned long)(offset), (unsigned long)(width))
#define FIELD(name, type, member) PRINT_FIELD(name, offsetof(type, member), WIDTH(type, member))
#define PLACE(name, type, member) PRINT_FIELD(name, offsetof(type, member), 0)
#define SIZE(name, type) printf("size " name " %lu\n", (unsigned long)sizeof(type))
#define VALUE(name, value) printf("value " name " %lu\n", (unsigned long)(value))

/* ---- Structs which CPython declares only in a .c file or a header that is not installed. ---- */

#if PY_VERSION_HEX < 0x030a0000
/* Objects/moduleobject.c of 2.7 and 3.6 to 3.9. */
typedef struct {
  PyObject_HEAD
  PyObject *md_dict;
} ModuleObject;
#else
typedef PyModuleObject ModuleObject;
#endif

#if PY_VERSION_HEX >= 0x03000000 && PY_VERSION_HEX < 0x030b0000
/* Objects/dict-common.h of 3.6 to 3.10. 3.6 has a union of arrays of 8 bytes in place of the
 * flexible array. */
typedef struct {
  Py_ssize_t dk_refcnt;
  Py_ssize_t dk_size;
  void *dk_lookup;
  Py_ssize_t dk_usable;
  Py_ssize_t dk_nentries;
  char dk_indices[];
} DictKeysObject;
#elif PY_VERSION_HEX >= 0x030b0000
typedef PyDictKeysObject DictKeysObject;
#endif

/* Objects/rangeobject.c; 3.12 and later have the struct in pycore_range.h. */
typedef struct {
  PyObject_HEAD
#if PY_VERSION_HEX < 0x03000000
  long start;
  long step;
  long len;
#else
  PyObject *start;
  PyObject *stop;
  PyObject *step;
#endif
} RangeObject;

/* Modules/_collectionsmodule.c: the first members, the same from 3.6 to 3.15. */
#if PY_VERSION_HEX < 0x03000000
#define BLOCKLEN 62
typedef struct DequeBlock {
  PyObject *data[BLOCKLEN];
  struct DequeBlock *rightlink;
  struct DequeBlock *leftlink;
} DequeBlock;
typedef struct {
  PyObject_HEAD
  DequeBlock *leftblock;
  DequeBlock *rightblock;
  Py_ssize_t leftindex;
  Py_ssize_t rightindex;
  Py_ssize_t len;
  long state;
  Py_ssize_t maxlen;
} DequeObject;
#define DEQUE_LENGTH len
#else
#define BLOCKLEN 64
typedef struct DequeBlock {
  struct DequeBlock *leftlink;
  PyObject *data[BLOCKLEN];
  struct DequeBlock *rightlink;
} DequeBlock;
typedef struct {
  PyObject_VAR_HEAD
  DequeBlock *leftblock;
  DequeBlock *rightblock;
  Py_ssize_t leftindex;
  Py_ssize_t rightindex;
  size_t state;
  Py_ssize_t maxlen;
} DequeObject;
#define DEQUE_LENGTH ob_base.ob_size
#endif

#if PY_VERSION_HEX < 0x03000000
/* Python/pystate.c and Include/pystate.h of 2.7 agree; the struct is public. */
typedef struct _is InterpreterState;
typedef struct _ts ThreadState;
#else
typedef PyInterpreterState InterpreterState;
typedef PyThreadState ThreadState;
#endif

/* ---- One function a struct of layout.h. ---- */

static void Runtime(void) {
#if PY_VERSION_HEX >= 0x03070000
  SIZE("runtime", _PyRuntimeState);
  FIELD("runtime.interpreters_head", _PyRuntimeState, interpreters.head);
#if PY_VERSION_HEX >= 0x030c0000
#if PY_VERSION_HEX < 0x030f0000
  FIELD("runtime.autotss_key", _PyRuntimeState, autoTSSkey);
#endif
#else
  FIELD("runtime.autotss_key", _PyRuntimeState, gilstate.autoTSSkey);
  FIELD("runtime.tstate_current", _PyRuntimeState, gilstate.tstate_current);
  PLACE("runtime.gil", _PyRuntimeState, ceval.gil);
#endif
#if PY_VERSION_HEX < 0x03090000
  FIELD("runtime.gc_collecting", _PyRuntimeState, gc.collecting);
#endif
#endif
}

static void Interpreter(void) {
  SIZE("interpreter", InterpreterState);
  FIELD("interpreter.next", InterpreterState, next);
#if PY_VERSION_HEX >= 0x030b0000
  FIELD("interpreter.threads_head", InterpreterState, threads.head);
#else
  FIELD("interpreter.threads_head", InterpreterState, tstate_head);
#endif
#if PY_VERSION_HEX >= 0x03070000
  FIELD("interpreter.id", InterpreterState, id);
#endif
#if PY_VERSION_HEX >= 0x030c0000
  FIELD("interpreter.modules", InterpreterState, imports.modules);
  FIELD("interpreter.gil", InterpreterState, ceval.gil);
#else
  FIELD("interpreter.modules", InterpreterState, modules);
#endif
  FIELD("interpreter.sysdict", InterpreterState, sysdict);
  FIELD("interpreter.builtins", InterpreterState, builtins);
#if PY_VERSION_HEX >= 0x03090000
  FIELD("interpreter.gc_collecting", InterpreterState, gc.collecting);
#endif
#if PY_VERSION_HEX >= 0x030e0000
  FIELD("interpreter.code_object_generation", InterpreterState, _code_object_generation);
#ifdef Py_GIL_DISABLED
  FIELD("interpreter.tlbc_generation", InterpreterState, tlbc_indices.tlbc_generation);
#endif
#endif
}

static void Thread(void) {
  SIZE("thread", ThreadState);
  FIELD("thread.next", ThreadState, next);
  FIELD("thread.interp", ThreadState, interp);
#if PY_VERSION_HEX < 0x030b0000
  FIELD("thread.frame", ThreadState, frame);
#endif
#if PY_VERSION_HEX >= 0x030a0000 && PY_VERSION_HEX < 0x030d0000
  FIELD("thread.cframe", ThreadState, cframe);
#endif
  FIELD("thread.thread_id", ThreadState, thread_id);
#if PY_VERSION_HEX >= 0x030b0000
  FIELD("thread.native_thread_id", ThreadState, native_thread_id);
  FIELD("thread.datastack_chunk", ThreadState, datastack_chunk);
  FIELD("thread.datastack_top", ThreadState, datastack_top);
  FIELD("thread.datastack_limit", ThreadState, datastack_limit);
#endif
#if PY_VERSION_HEX >= 0x030d0000
  FIELD("thread.current_frame", ThreadState, current_frame);
#endif
#if PY_VERSION_HEX >= 0x030f0000
  FIELD("thread.base_frame", ThreadState, base_frame);
  FIELD("thread.holds_gil", ThreadState, holds_gil);
  FIELD("thread.gil_requested", ThreadState, gil_requested);
#endif
}

static void Frames(void) {
#if PY_VERSION_HEX < 0x030b0000
  SIZE("frame_object", PyFrameObject);
  FIELD("frame_object.f_back", PyFrameObject, f_back);
  FIELD("frame_object.f_code", PyFrameObject, f_code);
  FIELD("frame_object.f_lasti", PyFrameObject, f_lasti);
  FIELD("frame_object.f_lineno", PyFrameObject, f_lineno);
  FIELD("frame_object.f_valuestack", PyFrameObject, f_valuestack);
  FIELD("frame_object.f_iblock", PyFrameObject, f_iblock);
  PLACE("frame_object.f_blockstack", PyFrameObject, f_blockstack);
  FIELD("frame_object.f_globals", PyFrameObject, f_globals);
  FIELD("frame_object.f_locals", PyFrameObject, f_locals);
  PRINT_FIELD("frame_object.f_localsplus", offsetof(PyFrameObject, f_localsplus), sizeof(PyObject *));
#else
  SIZE("iframe", _PyInterpreterFrame);
#if PY_VERSION_HEX >= 0x030d0000
  FIELD("iframe.code", _PyInterpreterFrame, f_executable);
  FIELD("iframe.instr_ptr", _PyInterpreterFrame, instr_ptr);
#else
  FIELD("iframe.code", _PyInterpreterFrame, f_code);
  FIELD("iframe.instr_ptr", _PyInterpreterFrame, prev_instr);
#endif
  FIELD("iframe.previous", _PyInterpreterFrame, previous);
  FIELD("iframe.f_globals", _PyInterpreterFrame, f_globals);
  FIELD("iframe.f_locals", _PyInterpreterFrame, f_locals);
  PLACE("iframe.localsplus", _PyInterpreterFrame, localsplus);
  FIELD("iframe.owner", _PyInterpreterFrame, owner);
#if PY_VERSION_HEX < 0x030c0000
  FIELD("iframe.is_entry", _PyInterpreterFrame, is_entry);
#endif
#if PY_VERSION_HEX >= 0x030e0000 && defined(Py_GIL_DISABLED)
  FIELD("iframe.tlbc_index", _PyInterpreterFrame, tlbc_index);
#endif

  VALUE("owners.thread", FRAME_OWNED_BY_THREAD);
  VALUE("owners.generator", FRAME_OWNED_BY_GENERATOR);
  VALUE("owners.frame_object", FRAME_OWNED_BY_FRAME_OBJECT);
#if PY_VERSION_HEX >= 0x030e0000
  VALUE("owners.interpreter", FRAME_OWNED_BY_INTERPRETER);
#endif
#if PY_VERSION_HEX >= 0x030c0000 && PY_VERSION_HEX < 0x030f0000
  VALUE("owners.c_stack", FRAME_OWNED_BY_CSTACK);
#endif
#if PY_VERSION_HEX >= 0x030e0000
  /* Of f_executable, a _PyStackRef (pycore_stackref.h). */
  VALUE("features.code_tag_mask", Py_TAG_BITS);
#else
  VALUE("features.code_tag_mask", 0);
#endif

  VALUE("chunk.size", offsetof(_PyStackChunk, data));
  FIELD("chunk.previous", _PyStackChunk, previous);
  FIELD("chunk.allocated", _PyStackChunk, size);
  FIELD("chunk.top", _PyStackChunk, top);
  PLACE("chunk.data", _PyStackChunk, data);

  PLACE("generator.gi_iframe", PyGenObject, gi_iframe);
  FIELD("generator.gi_frame_state", PyGenObject, gi_frame_state);
#endif
#if PY_VERSION_HEX < 0x030c0000
  FIELD("generator.gi_code", PyGenObject, gi_code);
#endif
#if PY_VERSION_HEX >= 0x03000000
  FIELD("generator.gi_qualname", PyGenObject, gi_qualname);
#endif
#if PY_VERSION_HEX >= 0x030b0000 && PY_VERSION_HEX < 0x030d0000
  SIZE("cframe", _PyCFrame);
  FIELD("cframe.current_frame", _PyCFrame, current_frame);
  FIELD("cframe.previous", _PyCFrame, previous);
#endif
}

static void Code(void) {
  SIZE("code", PyCodeObject);
  FIELD("code.argcount", PyCodeObject, co_argcount);
  FIELD("code.flags", PyCodeObject, co_flags);
  FIELD("code.firstlineno", PyCodeObject, co_firstlineno);
  FIELD("code.filename", PyCodeObject, co_filename);
  FIELD("code.name", PyCodeObject, co_name);
#if PY_VERSION_HEX >= 0x03000000
  FIELD("code.kwonlyargcount", PyCodeObject, co_kwonlyargcount);
#endif
#if PY_VERSION_HEX >= 0x030a0000
  FIELD("code.linetable", PyCodeObject, co_linetable);
#else
  FIELD("code.linetable", PyCodeObject, co_lnotab);
#endif
#if PY_VERSION_HEX >= 0x030b0000
  FIELD("code.qualname", PyCodeObject, co_qualname);
  PLACE("code.code_adaptive", PyCodeObject, co_code_adaptive);
  FIELD("code.exceptiontable", PyCodeObject, co_exceptiontable);
  FIELD("code.nlocalsplus", PyCodeObject, co_nlocalsplus);
  FIELD("code.localsplusnames", PyCodeObject, co_localsplusnames);
  FIELD("code.localspluskinds", PyCodeObject, co_localspluskinds);
#else
  FIELD("code.code", PyCodeObject, co_code);
  FIELD("code.varnames", PyCodeObject, co_varnames);
  FIELD("code.cellvars", PyCodeObject, co_cellvars);
  FIELD("code.freevars", PyCodeObject, co_freevars);
#endif
#if PY_VERSION_HEX >= 0x030e0000 && defined(Py_GIL_DISABLED)
  FIELD("code.tlbc", PyCodeObject, co_tlbc);
  FIELD("tlbc.size", _PyCodeArray, size);
  PRINT_FIELD("tlbc.entries", offsetof(_PyCodeArray, entries), sizeof(char *));
#endif
}

/* The lines' entries are a struct's in 3.12 and the first releases of 3.13, then as long as their first
 * byte says (GH-127953): the probe is told which by the header's text. */
static void Monitoring(void) {
#if PY_VERSION_HEX >= 0x030c0000
  FIELD("code.monitoring", PyCodeObject, _co_monitoring);
  FIELD("monitoring.lines", _PyCoMonitoringData, lines);
  FIELD("monitoring.per_instruction_opcodes", _PyCoMonitoringData, per_instruction_opcodes);
#ifdef SPYHOP_PROBE_BYTES_PER_ENTRY
  FIELD("line_monitoring.bytes_per_entry", _PyCoLineInstrumentationData, bytes_per_entry);
  PLACE("line_monitoring.original_opcode", _PyCoLineInstrumentationData, data);
#else
  VALUE("line_monitoring.entry_size", sizeof(_PyCoLineInstrumentationData));
  FIELD("line_monitoring.original_opcode", _PyCoLineInstrumentationData, original_opcode);
#endif
#endif
}

static void Gil(void) {
#if PY_VERSION_HEX >= 0x03070000
  SIZE("gil", struct _gil_runtime_state);
  FIELD("gil.last_holder", struct _gil_runtime_state, last_holder);
  FIELD("gil.locked", struct _gil_runtime_state, locked);
  FIELD("gil.switch_number", struct _gil_runtime_state, switch_number);
#if PY_VERSION_HEX >= 0x030d0000 && defined(Py_GIL_DISABLED)
  FIELD("gil.enabled", struct _gil_runtime_state, enabled);
#endif
#endif
}

static void Types(void) {
  SIZE("object", PyObject);
  FIELD("object.ob_type", PyObject, ob_type);
  FIELD("object.ob_size", PyVarObject, ob_size);
  SIZE("type", PyTypeObject);
  FIELD("type.tp_name", PyTypeObject, tp_name);
  FIELD("type.tp_flags", PyTypeObject, tp_flags);
  FIELD("type.tp_basicsize", PyTypeObject, tp_basicsize);
  FIELD("type.tp_itemsize", PyTypeObject, tp_itemsize);
  FIELD("type.tp_dictoffset", PyTypeObject, tp_dictoffset);
#if PY_VERSION_HEX >= 0x03000000
  FIELD("type.ht_cached_keys", PyHeapTypeObject, ht_cached_keys);
  FIELD("type.ht_qualname", PyHeapTypeObject, ht_qualname);
#endif
  FIELD("type.tp_repr", PyTypeObject, tp_repr);
  FIELD("type.tp_base", PyTypeObject, tp_base);
  FIELD("type.tp_dict", PyTypeObject, tp_dict);
  FIELD("type.tp_members", PyTypeObject, tp_members);
  SIZE("member", PyMemberDef);
  FIELD("member.name", PyMemberDef, name);
  FIELD("member.kind", PyMemberDef, type);
  FIELD("member.offset", PyMemberDef, offset);
}

static void Simple(void) {
  FIELD("simple.cell_ref", PyCellObject, ob_ref);
  FIELD("simple.real", PyFloatObject, ob_fval);
  FIELD("simple.imag", PyComplexObject, cval.imag);
  FIELD("simple.start", PySliceObject, start);
  FIELD("simple.stop", PySliceObject, stop);
  FIELD("simple.step", PySliceObject, step);
  FIELD("simple.args", PyBaseExceptionObject, args);
#if PY_VERSION_HEX < 0x03000000
  FIELD("simple.bytearray", PyByteArrayObject, ob_bytes);
#else
  FIELD("simple.bytearray", PyByteArrayObject, ob_start);
#endif
}

static void Callables(void) {
  FIELD("callable.name", PyFunctionObject, func_name);
  FIELD("callable.im_func", PyMethodObject, im_func);
  FIELD("callable.im_self", PyMethodObject, im_self);
  FIELD("callable.m_ml", PyCFunctionObject, m_ml);
  FIELD("callable.m_self", PyCFunctionObject, m_self);
#if PY_VERSION_HEX < 0x03000000
  FIELD("callable.im_class", PyMethodObject, im_class);
  FIELD("old_style.in_class", PyInstanceObject, in_class);
  FIELD("old_style.in_dict", PyInstanceObject, in_dict);
  FIELD("old_style.cl_dict", PyClassObject, cl_dict);
  FIELD("old_style.cl_name", PyClassObject, cl_name);
#else
  FIELD("callable.qualname", PyFunctionObject, func_qualname);
#endif
}

static void Collections(void) {
  FIELD("set.fill", PySetObject, fill);
  FIELD("set.used", PySetObject, used);
  FIELD("set.mask", PySetObject, mask);
  FIELD("set.table", PySetObject, table);
  VALUE("set.entry_size", sizeof(setentry));
  VALUE("set.entry_key", offsetof(setentry, key));
  FIELD("range.start", RangeObject, start);
  FIELD("range.step", RangeObject, step);
#if PY_VERSION_HEX < 0x03000000
  FIELD("range.length", RangeObject, len);
#else
  FIELD("range.stop", RangeObject, stop);
#endif
  FIELD("deque.length", DequeObject, DEQUE_LENGTH);
  FIELD("deque.leftblock", DequeObject, leftblock);
  FIELD("deque.leftindex", DequeObject, leftindex);
  FIELD("deque.maxlen", DequeObject, maxlen);
  VALUE("deque.block_items", BLOCKLEN);
  VALUE("deque.block_data", offsetof(DequeBlock, data));
  VALUE("deque.block_next", offsetof(DequeBlock, rightlink));
}

#if PY_VERSION_HEX >= 0x03000000
/* Where in the 32-bit word `state` a bit field begins: its lowest set bit. */
static unsigned LowestBit(const PyASCIIObject *string) {
  unsigned word;
  memcpy(&word, &string->state, sizeof(word));
  return (unsigned)__builtin_ctz(word);
}

#define SHIFT(name, field)                  \
  do {                                      \
    memset(&string, 0, sizeof(string));     \
    string.state.field = 1;                 \
    VALUE(name, LowestBit(&string));        \
  } while (0)

static void Strings(void) {
  PyASCIIObject string;
  VALUE("unicode.ascii_size", sizeof(PyASCIIObject));
  VALUE("unicode.compact_size", sizeof(PyCompactUnicodeObject));
  FIELD("unicode.length", PyASCIIObject, length);
  PRINT_FIELD("unicode.state", offsetof(PyASCIIObject, state), 4);
  FIELD("unicode.data", PyUnicodeObject, data);
  SHIFT("unicode.kind_shift", kind);
  SHIFT("unicode.compact_shift", compact);
  SHIFT("unicode.ascii_shift", ascii);
  FIELD("bytes.ob_size", PyBytesObject, ob_base.ob_size);
  PLACE("bytes.ob_sval", PyBytesObject, ob_sval);
}
#else
static void Strings(void) {
  FIELD("unicode.length", PyUnicodeObject, length);
  FIELD("unicode.data", PyUnicodeObject, str);
  VALUE("unicode.unit_size", Py_UNICODE_SIZE);
  FIELD("bytes.ob_size", PyStringObject, ob_size);
  PLACE("bytes.ob_sval", PyStringObject, ob_sval);
}
#endif

static void Integers(void) {
#if PY_VERSION_HEX >= 0x030c0000
  FIELD("integer.lv_tag", PyLongObject, long_value.lv_tag);
  PRINT_FIELD("integer.ob_digit", offsetof(PyLongObject, long_value.ob_digit), sizeof(digit));
#else
  FIELD("integer.ob_size", PyVarObject, ob_size);
  PRINT_FIELD("integer.ob_digit", offsetof(struct _longobject, ob_digit), sizeof(digit));
#endif
#if PY_VERSION_HEX < 0x03000000
  FIELD("integer.ival", PyIntObject, ob_ival);
#endif
}

static void Dicts(void) {
  SIZE("dict", PyDictObject);
#if PY_VERSION_HEX < 0x03000000
  FIELD("dict.ma_table", PyDictObject, ma_table);
  FIELD("dict.ma_mask", PyDictObject, ma_mask);
#else
  FIELD("dict.ma_keys", PyDictObject, ma_keys);
  FIELD("dict.ma_values", PyDictObject, ma_values);
  FIELD("dict.dk_nentries", DictKeysObject, dk_nentries);
  PLACE("dict.dk_indices", DictKeysObject, dk_indices);
#if PY_VERSION_HEX >= 0x030b0000
  FIELD("dict.dk_log2_size", DictKeysObject, dk_log2_size);
  FIELD("dict.dk_log2_index_bytes", DictKeysObject, dk_log2_index_bytes);
  FIELD("dict.dk_kind", DictKeysObject, dk_kind);
  PRINT_FIELD("dict.values", offsetof(struct _dictvalues, values), sizeof(PyObject *));
#else
  FIELD("dict.dk_size", DictKeysObject, dk_size);
  /* ma_values is itself the array. */
  PRINT_FIELD("dict.values", 0, sizeof(PyObject *));
#endif
#endif
  FIELD("module.md_dict", ModuleObject, md_dict);
  FIELD("sequence.list_ob_item", PyListObject, ob_item);
  PLACE("sequence.tuple_ob_item", PyTupleObject, ob_item);
}

#ifdef SPYHOP_PROBE_TABLE
/* Written by generate.py from the header's own declaration and initialiser. */
#include SPYHOP_PROBE_TABLE
#endif

int main(void) {
  VALUE("build.hex", PY_VERSION_HEX);
#ifdef Py_DEBUG
  VALUE("build.debug", 1);
#endif
#ifdef Py_GIL_DISABLED
  VALUE("build.free_threaded", 1);
#endif
#if PY_VERSION_HEX < 0x03000000
  VALUE("build.ucs2", Py_UNICODE_SIZE == 2);
#endif
  Runtime();
  Interpreter();
  Thread();
  Frames();
  Code();
  Monitoring();
  Gil();
  Types();
  Strings();
  Integers();
  Dicts();
  Simple();
  Callables();
  Collections();
#ifdef SPYHOP_PROBE_TABLE
  PrintTable();
#endif
  return 0;
}
