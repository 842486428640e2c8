// What a CPython's objects look like in memory: types, strings, numbers, containers, generators.
//
// Part of Layout (layout.h), with the same rules: offsets in bytes, absent fields absent, CPython's
// names.
#ifndef SPYHOP_INTERP_LAYOUTS_OBJECT_LAYOUTS_H_
#define SPYHOP_INTERP_LAYOUTS_OBJECT_LAYOUTS_H_

#include <cstdint>

#include "interp_layouts/field.h"

namespace spyhop {

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
  Field<int64_t> tp_itemsize;
  Field<int64_t> tp_dictoffset;
  PointerField tp_repr;
  PointerField tp_base;
  PointerField tp_dict;
  PointerField tp_members;      // PyMemberDef*
  PointerField ht_cached_keys;  // PyHeapTypeObject, 3.x
  PointerField ht_qualname;     // 3.x
};

struct MemberLayout {  // PyMemberDef: what __slots__ become
  uint32_t size = 0;
  PointerField name;    // char*; null after the last
  Field<int32_t> kind;  // member `type`
  Field<int64_t> offset;
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

struct GeneratorLayout {         // PyGenObject and its kin
  Field<uint8_t> gi_iframe;      // 3.11+
  Field<int8_t> gi_frame_state;  // 3.11+
  PointerField gi_code;          // to 3.11
  PointerField gi_qualname;      // 3.x
};

struct SimpleLayout {     // objects of a few fields, which have no two in common
  PointerField cell_ref;  // PyCellObject.ob_ref
  Field<uint64_t> real;   // PyFloatObject.ob_fval, PyComplexObject.cval.real: a double
  Field<uint64_t> imag;   // PyComplexObject.cval.imag
  PointerField start;     // PySliceObject
  PointerField stop;
  PointerField step;
  PointerField args;       // PyBaseExceptionObject
  PointerField bytearray;  // PyByteArrayObject.ob_start; 2.7: ob_bytes
};

struct SetLayout {  // PySetObject; an entry is a key and a hash, in 2.7 a hash and a key
  Field<int64_t> fill;
  Field<int64_t> used;
  Field<int64_t> mask;
  PointerField table;
  uint32_t entry_size = 0;
  uint32_t entry_key = 0;
};

struct RangeLayout {  // rangeobject; 2.7: numbers, of which `length` is the last
  PointerField start;
  PointerField stop;  // 3.x
  PointerField step;
  Field<int64_t> length;  // 2.7
};

struct CallableLayout {   // PyFunctionObject, PyMethodObject, PyCFunctionObject
  PointerField name;      // of a function
  PointerField qualname;  // 3.x
  PointerField im_func;   // of a method
  PointerField im_self;
  PointerField im_class;  // 2.7
  PointerField m_ml;      // of a built-in function: PyMethodDef*, which begins with its name
  PointerField m_self;
};

struct DequeLayout {  // dequeobject (Modules/_collectionsmodule.c)
  Field<int64_t> length;
  PointerField leftblock;
  Field<int64_t> leftindex;
  Field<int64_t> maxlen;
  uint32_t block_items = 0;  // entries of a block
  uint32_t block_data = 0;   // where they lie in it
  uint32_t block_next = 0;   // member `rightlink`
};

struct OldStyleLayout {  // 2.7: PyInstanceObject, PyClassObject
  PointerField in_class;
  PointerField in_dict;
  PointerField cl_dict;
  PointerField cl_name;
};

}  // namespace spyhop

#endif  // SPYHOP_INTERP_LAYOUTS_OBJECT_LAYOUTS_H_
