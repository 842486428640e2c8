// How one CPython differs from another in kind, not in offsets. Walkers branch on these, never on
// version numbers; a layout table says which apply.
#ifndef SPYHOP_INTERP_LAYOUTS_FEATURES_H_
#define SPYHOP_INTERP_LAYOUTS_FEATURES_H_

#include <cstdint>

namespace spyhop {

enum class FrameModel : uint8_t {
  kFrameObjects,  // 2.7 to 3.10: tstate.frame -> PyFrameObject.f_back, heap objects
  kCFrame,        // 3.11, 3.12: tstate.cframe -> current_frame -> previous, data-stack chunks
  kCurrentFrame,  // 3.13+: tstate.current_frame -> previous, data-stack chunks
};

// How the bottom Python frame of one C evaluation is known.
enum class EntryMarker : uint8_t {
  kEveryFrame,  // 2.7 to 3.10: one C call of the eval loop a frame
  kIsEntry,     // 3.11: _PyInterpreterFrame.is_entry
  kShim,        // 3.12+: a frame without code, owned by the C stack or the interpreter
};

enum class LineTable : uint8_t {
  kLnotabUnsigned,  // 2.7: (byte +, line +)
  kLnotabSigned,    // 3.6 to 3.9: line deltas are signed
  kLinetable310,    // 3.10: PEP 626 ranges, -128 = no line
  kLocationTable,   // 3.11+: PEP 657 location entries with columns
};

// What a frame's "instruction" field holds.
enum class InstructionUnit : uint8_t {
  kByteOffset,   // 2.7 to 3.9: f_lasti, -1 = not started
  kUnitOffset,   // 3.10: f_lasti in 2-byte units, -1 = not started
  kPointerLast,  // 3.11, 3.12: prev_instr, pointer to the last executed unit
  kPointerNext,  // 3.13+: instr_ptr, pointer to the current or next unit
};

enum class GilModel : uint8_t {
  kCurrentThreadGlobal,  // 2.7, 3.6: symbol _PyThreadState_Current, null when the GIL is free
  kRuntime,              // 3.7 to 3.11: struct inside _PyRuntime
  kInterpreter,          // 3.12+: pointer in the interpreter state; may be disabled (free-threaded)
};

enum class StringModel : uint8_t {
  kPython2,   // PyStringObject and PyUnicodeObject of 2.7
  kWithWstr,  // 3.6 to 3.11: PEP 393 with wstr
  kCompact,   // 3.12+: PEP 393 without wstr
};

enum class DictModel : uint8_t {
  kOpenTable,    // 2.7: ma_table of {hash, key, value}
  kCompact,      // 3.6 to 3.10: dk_size, index table, entries {hash, key, value}
  kCompactLog2,  // 3.11+: dk_log2_size, kinds general {hash, key, value} and unicode {key, value}
};

// Where an ordinary instance keeps its attributes.
enum class InstanceDictModel : uint8_t {
  kDictOffset,    // to 3.10: pointer at tp_dictoffset
  kManaged311,    // 3.11: dict pointer 3 words, values pointer 4 words before the object
  kManaged312,    // 3.12: one word 3 words before the object: dict, or, when odd, values - 1
  kInlineValues,  // 3.13+: dict pointer 3 words before, values behind the object (tp_basicsize)
};

// What `repr` writes otherwise than its neighbours; each has what those before it brought.
enum class ReprStyle : uint8_t {
  kPython2,             // u'', 1L, set([1]), <type 'int'>, Error(1,)
  kCommaAfterArgument,  // 3.6: Error(1,)
  kOrderedDictOfPairs,  // 3.7 to 3.11: Error(1), OrderedDict([(1, 2)])
  kOrderedDictOfDict,   // 3.12+: OrderedDict({1: 2})
  kByteArrayAsBytes,    // 3.15+: bytearray(b"it's"), until then bytearray(b"it\'s")
};

// Which numbering of bytecode instructions (opcodes.h): one a minor version. Debug and
// free-threaded builds have the same, and so had all patch releases that were compared.
enum class OpcodeSet : uint8_t {
  kUnknown,
  k27,
  k36,
  k37,
  k38,
  k39,
  k310,
  k311,
  k312,
  k313,
  k314,
  k315,
};

// Values of _PyInterpreterFrame.owner (pycore_frame.h, pycore_interpframe_structs.h).
struct FrameOwners {
  static constexpr uint8_t kNever = 0xFF;
  uint8_t thread = 0;
  uint8_t generator = 1;
  uint8_t frame_object = 2;
  uint8_t interpreter = kNever;  // 3.14+: 3
  uint8_t c_stack = kNever;      // 3.12, 3.13: 3; 3.14+: 4
};

struct Features {
  FrameModel frame_model = FrameModel::kFrameObjects;
  EntryMarker entry_marker = EntryMarker::kEveryFrame;
  LineTable line_table = LineTable::kLnotabUnsigned;
  InstructionUnit instruction_unit = InstructionUnit::kByteOffset;
  GilModel gil_model = GilModel::kCurrentThreadGlobal;
  StringModel string_model = StringModel::kPython2;
  DictModel dict_model = DictModel::kOpenTable;
  InstanceDictModel instance_dict = InstanceDictModel::kDictOffset;
  ReprStyle repr_style = ReprStyle::kPython2;
  FrameOwners owners;
  OpcodeSet opcodes = OpcodeSet::kUnknown;
  // Low bits of a frame's code reference that are a tag, not address (3.14+ _PyStackRef).
  uint64_t code_tag_mask = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_INTERP_LAYOUTS_FEATURES_H_
