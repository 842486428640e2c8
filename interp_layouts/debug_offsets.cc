#include "interp_layouts/debug_offsets.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "interp_layouts/validate.h"

namespace spyhop {
namespace {

enum class Word : uint8_t;

struct WordPosition {
  Word word;
  uint16_t position;  // in the table
};

struct TableShape {
  uint8_t major;
  uint8_t minor;
  uint16_t size;
  absl::Span<const WordPosition> words;
};

#include "interp_layouts/generated/debug_offsets.inc"

constexpr size_t kWords = std::size(kWordNames);
constexpr size_t kCookieSize = 8;
constexpr size_t kHeaderSize = 24;  // cookie, version, free_threaded
constexpr uint64_t kMaxWord = 1 << 20;

uint64_t WordAt(absl::Span<const uint8_t> bytes, size_t position) {
  uint64_t value;
  std::memcpy(&value, bytes.data() + position, sizeof(value));
  return value;
}

// The table's words by name; those which its version does not have are absent.
class Table {
 public:
  static absl::StatusOr<Table> Parse(absl::Span<const uint8_t> bytes, const TableShape& shape);

  uint32_t operator[](Word word) const { return words_[static_cast<size_t>(word)]; }
  bool Has(Word word) const { return (*this)[word] != kAbsent; }

 private:
  Table() { words_.fill(kAbsent); }

  std::array<uint32_t, kWords> words_;
};

absl::StatusOr<Table> Table::Parse(absl::Span<const uint8_t> bytes, const TableShape& shape) {
  if (bytes.size() < shape.size) {
    return absl::OutOfRangeError(absl::StrCat("the debug offsets take ", shape.size,
                                              " bytes, only ", bytes.size(), " could be read"));
  }
  Table table;
  for (const WordPosition& entry : shape.words) {
    if (entry.position < kHeaderSize) continue;
    const uint64_t value = WordAt(bytes, entry.position);
    if (value > kMaxWord) {
      return absl::InvalidArgumentError(absl::StrCat("debug offset ",
                                                     kWordNames[static_cast<size_t>(entry.word)],
                                                     " is ", value, ", over 1 MiB"));
    }
    table.words_[static_cast<size_t>(entry.word)] = static_cast<uint32_t>(value);
  }
  return table;
}

// A word that is an offset or size of Layout as it stands.
struct Binding {
  Word word;
  uint32_t& (*slot)(Layout&);
};

#define SPYHOP_FIELD(word, member)                                               \
  {                                                                              \
    Word::word, [](Layout& layout) -> uint32_t& { return layout.member.offset; } \
  }
#define SPYHOP_SIZE(word, member)                                         \
  {                                                                       \
    Word::word, [](Layout& layout) -> uint32_t& { return layout.member; } \
  }

constexpr Binding kBindings[] = {
    SPYHOP_SIZE(kRuntimeStateSize, runtime.size),
    SPYHOP_FIELD(kRuntimeStateInterpretersHead, runtime.interpreters_head),

    SPYHOP_SIZE(kInterpreterStateSize, interpreter.size),
    SPYHOP_FIELD(kInterpreterStateId, interpreter.id),
    SPYHOP_FIELD(kInterpreterStateNext, interpreter.next),
    SPYHOP_FIELD(kInterpreterStateThreadsHead, interpreter.threads_head),
    SPYHOP_FIELD(kInterpreterStateImportsModules, interpreter.modules),
    SPYHOP_FIELD(kInterpreterStateSysdict, interpreter.sysdict),
    SPYHOP_FIELD(kInterpreterStateBuiltins, interpreter.builtins),
    SPYHOP_FIELD(kInterpreterStateCevalGil, interpreter.gil),
    SPYHOP_FIELD(kInterpreterStateCodeObjectGeneration, interpreter.code_object_generation),

    SPYHOP_SIZE(kThreadStateSize, thread.size),
    SPYHOP_FIELD(kThreadStateNext, thread.next),
    SPYHOP_FIELD(kThreadStateInterp, thread.interp),
    SPYHOP_FIELD(kThreadStateCurrentFrame, thread.current_frame),
    SPYHOP_FIELD(kThreadStateBaseFrame, thread.base_frame),
    SPYHOP_FIELD(kThreadStateThreadId, thread.thread_id),
    SPYHOP_FIELD(kThreadStateNativeThreadId, thread.native_thread_id),
    SPYHOP_FIELD(kThreadStateHoldsGil, thread.holds_gil),
    SPYHOP_FIELD(kThreadStateGilRequested, thread.gil_requested),

    SPYHOP_SIZE(kInterpreterFrameSize, iframe.size),
    SPYHOP_FIELD(kInterpreterFramePrevious, iframe.previous),
    SPYHOP_FIELD(kInterpreterFrameExecutable, iframe.code),
    SPYHOP_FIELD(kInterpreterFrameInstrPtr, iframe.instr_ptr),
    SPYHOP_FIELD(kInterpreterFrameLocalsplus, iframe.localsplus),
    SPYHOP_FIELD(kInterpreterFrameOwner, iframe.owner),

    SPYHOP_SIZE(kCodeObjectSize, code.size),
    SPYHOP_FIELD(kCodeObjectFilename, code.filename),
    SPYHOP_FIELD(kCodeObjectName, code.name),
    SPYHOP_FIELD(kCodeObjectQualname, code.qualname),
    SPYHOP_FIELD(kCodeObjectLinetable, code.linetable),
    SPYHOP_FIELD(kCodeObjectFirstlineno, code.firstlineno),
    SPYHOP_FIELD(kCodeObjectLocalsplusnames, code.localsplusnames),
    SPYHOP_FIELD(kCodeObjectLocalspluskinds, code.localspluskinds),
    SPYHOP_FIELD(kCodeObjectCoCodeAdaptive, code.code_adaptive),

    SPYHOP_SIZE(kPyobjectSize, object.size),
    SPYHOP_FIELD(kPyobjectObType, object.ob_type),
    SPYHOP_FIELD(kTupleObjectObSize, object.ob_size),
    SPYHOP_SIZE(kTypeObjectSize, type.size),
    SPYHOP_FIELD(kTypeObjectTpName, type.tp_name),
    SPYHOP_FIELD(kTypeObjectTpRepr, type.tp_repr),
    SPYHOP_FIELD(kTypeObjectTpFlags, type.tp_flags),
    SPYHOP_FIELD(kTypeObjectTpBasicsize, type.tp_basicsize),
    SPYHOP_FIELD(kTypeObjectTpDictoffset, type.tp_dictoffset),
    SPYHOP_FIELD(kHeapTypeObjectHtCachedKeys, type.ht_cached_keys),

    SPYHOP_FIELD(kTupleObjectObItem, sequence.tuple_ob_item),
    SPYHOP_FIELD(kListObjectObItem, sequence.list_ob_item),
    SPYHOP_FIELD(kSetObjectUsed, set.used),
    SPYHOP_FIELD(kSetObjectTable, set.table),
    SPYHOP_FIELD(kSetObjectMask, set.mask),
    SPYHOP_FIELD(kFloatObjectObFval, simple.real),
    SPYHOP_SIZE(kDictObjectSize, dict.size),
    SPYHOP_FIELD(kDictObjectMaKeys, dict.ma_keys),
    SPYHOP_FIELD(kDictObjectMaValues, dict.ma_values),
    SPYHOP_FIELD(kLongObjectLvTag, integer.lv_tag),
    SPYHOP_FIELD(kLongObjectObDigit, integer.ob_digit),
    SPYHOP_FIELD(kBytesObjectObSize, bytes.ob_size),
    SPYHOP_FIELD(kBytesObjectObSval, bytes.ob_sval),
    SPYHOP_FIELD(kUnicodeObjectState, unicode.state),
    SPYHOP_FIELD(kUnicodeObjectLength, unicode.length),
    SPYHOP_SIZE(kUnicodeObjectAsciiobjectSize, unicode.ascii_size),
    SPYHOP_SIZE(kUnicodeObjectCompactunicodeobjectSize, unicode.compact_size),

    SPYHOP_FIELD(kGenObjectGiIframe, generator.gi_iframe),
    SPYHOP_FIELD(kGenObjectGiFrameState, generator.gi_frame_state),
};

#undef SPYHOP_SIZE
#undef SPYHOP_FIELD

// Sets `anchor` and moves `followers`, members of the same struct which the table lacks, as far.
template <typename... Fields>
void MoveTogether(uint32_t value, uint32_t& anchor, Fields&... followers) {
  const auto move = [distance = value - anchor](uint32_t& offset) {
    if (offset != kAbsent) offset += distance;
  };
  (move(followers.offset), ...);
  anchor = value;
}

// Members that the table gives together with others of their struct.
void ApplyNeighbours(const Table& table, Layout& layout) {
  ThreadStateLayout& thread = layout.thread;
  MoveTogether(table[Word::kThreadStateDatastackChunk], thread.datastack_chunk.offset,
               thread.datastack_top, thread.datastack_limit);
  CodeLayout& code = layout.code;
  MoveTogether(table[Word::kCodeObjectArgcount], code.argcount.offset, code.kwonlyargcount,
               code.flags, code.exceptiontable);
  MoveTogether(table[Word::kCodeObjectFirstlineno], code.firstlineno.offset, code.nlocalsplus);
}

// The table gives `locked` and `holder` of the GIL embedded in the interpreter as offsets in the
// interpreter, but `enabled` as one in the GIL (3.13 to 3.15, pycore_debug_offsets.h). One that
// lies before the GIL wraps around to a number the validation refuses.
void ApplyGil(const Table& table, Layout& layout) {
  const uint32_t gil = table[Word::kInterpreterStateGilRuntimeState];
  GilLayout& target = layout.gil;
  MoveTogether(table[Word::kInterpreterStateGilRuntimeStateLocked] - gil, target.locked.offset,
               target.switch_number);
  target.last_holder.offset = table[Word::kInterpreterStateGilRuntimeStateHolder] - gil;
  if (layout.flags.free_threaded) {
    target.enabled.offset = table[Word::kInterpreterStateGilRuntimeStateEnabled];
  }
  layout.interpreter.gc_collecting.offset =
      table[Word::kInterpreterStateGc] + table[Word::kGcCollecting];
}

// Of thread-local bytecode; a build with a GIL has zeros here, which mean "not there".
void ApplyThreadLocalBytecode(const Table& table, Layout& layout) {
  if (!layout.flags.free_threaded || !table.Has(Word::kCodeObjectCoTlbc)) return;
  layout.interpreter.tlbc_generation.offset = table[Word::kInterpreterStateTlbcGeneration];
  layout.iframe.tlbc_index.offset = table[Word::kInterpreterFrameTlbcIndex];
  layout.code.tlbc.offset = table[Word::kCodeObjectCoTlbc];
}

// The shape for `version`: its own, or the newest known for a minor version newer than that.
const TableShape* FindShape(PyVersion version) {
  for (const TableShape& shape : kShapes) {
    if (shape.major == version.major && shape.minor == version.minor) return &shape;
  }
  const TableShape& newest = kShapes[std::size(kShapes) - 1];
  const bool newer = version.major == newest.major && version.minor > newest.minor;
  return newer ? &newest : nullptr;
}

bool SaneVersion(uint64_t word) {
  if (word > UINT32_MAX) return false;
  const PyVersion version = PyVersion::FromHex(static_cast<uint32_t>(word));
  const bool level =
      version.level == 0xA || version.level == 0xB || version.level == 0xC || version.level == 0xF;
  return level && FindShape(version) != nullptr;
}

}  // namespace

bool HasDebugOffsets(absl::Span<const uint8_t> bytes) {
  return bytes.size() >= kCookieSize &&
         std::memcmp(bytes.data(), kDebugOffsetsCookie, kCookieSize) == 0;
}

absl::StatusOr<DebugOffsets> ReadDebugOffsetsHeader(absl::Span<const uint8_t> bytes) {
  if (!HasDebugOffsets(bytes)) {
    return absl::NotFoundError("no debug offsets: the cookie xdebugpy is not there");
  }
  if (bytes.size() < kHeaderSize) {
    return absl::OutOfRangeError("the header of the debug offsets could not be read whole");
  }
  const uint64_t version = WordAt(bytes, 8);
  const uint64_t free_threaded = WordAt(bytes, 16);
  if (!SaneVersion(version)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the debug offsets' version is 0x", absl::Hex(version)));
  }
  if (free_threaded > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("the debug offsets' free_threaded is ", free_threaded, ", not 0 or 1"));
  }
  return DebugOffsets{PyVersion::FromHex(static_cast<uint32_t>(version)), free_threaded == 1};
}

absl::StatusOr<Layout> LayoutFromDebugOffsets(absl::Span<const uint8_t> bytes, const Layout& base) {
  const absl::StatusOr<DebugOffsets> header = ReadDebugOffsetsHeader(bytes);
  if (!header.ok()) return header.status();
  if (header->free_threaded != base.flags.free_threaded) {
    return absl::InvalidArgumentError(
        absl::StrCat("the debug offsets are of a ", header->free_threaded ? "free-threaded" : "GIL",
                     " build, the table to complete them with is not"));
  }
  const TableShape& shape = *FindShape(header->version);
  if (base.first.major != shape.major || base.first.minor != shape.minor) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the debug offsets of CPython ", header->version.ToString(), " need the table of ",
        int{shape.major}, ".", int{shape.minor}, ", not of ", base.first.ToString()));
  }
  const absl::StatusOr<Table> table = Table::Parse(bytes, shape);
  if (!table.ok()) return table.status();

  Layout layout = base;
  layout.first = layout.last = header->version;
  layout.provenance = "the target's own debug offsets";
  // A minor version newer than all known ones numbers its instructions anew.
  if (header->version.minor != shape.minor) layout.features.opcodes = OpcodeSet::kUnknown;
  for (const Binding& binding : kBindings) {
    if (table->Has(binding.word)) binding.slot(layout) = (*table)[binding.word];
  }
  ApplyNeighbours(*table, layout);
  ApplyGil(*table, layout);
  ApplyThreadLocalBytecode(*table, layout);
  const absl::Status valid = ValidateLayout(layout);
  if (!valid.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("the debug offsets of CPython ",
                                                   header->version.ToString(),
                                                   " do not validate: ", valid.message()));
  }
  return layout;
}

}  // namespace spyhop
