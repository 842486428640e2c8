#include "sampler/python/instruction_reader.h"

#include <cstddef>
#include <cstdint>

namespace spyhop {
namespace {

constexpr uint64_t kUnit = sizeof(uint16_t);  // _Py_CODEUNIT, 3.6+
// Three prefixes at most (Python/compile.c: an argument has 32 bits) and the instruction itself.
constexpr size_t kMaxBytes = 3 * 3 + 1;
// A line's instruction may be an instrumented one, that one a prefix.
constexpr int kMaxSteps = 5;
// Copies of the bytecode, one a thread that has run it (3.14+ free-threaded).
constexpr int64_t kMaxCopies = 4096;
constexpr uint8_t kCache = 0;

class Reader {
 public:
  Reader(RemoteMemory& memory, const Layout& layout, const RawFrame& frame) noexcept
      : memory_(memory), layout_(layout), frame_(frame) {}

  std::optional<OpcodeFamily> Family() noexcept;

 private:
  bool Pointer() const {
    const InstructionUnit unit = layout_.features.instruction_unit;
    return unit == InstructionUnit::kPointerLast || unit == InstructionUnit::kPointerNext;
  }
  RemoteAddress Start() const { return layout_.code.code_adaptive.At(frame_.code); }
  bool NotStarted() const;
  RemoteAddress Place() noexcept;
  std::optional<OpcodeFamily> Follow(const uint8_t* bytes, size_t size) noexcept;
  std::optional<uint8_t> Original(Indirection indirection, uint64_t index) noexcept;
  std::optional<uint8_t> LineOpcode(RemoteAddress monitoring, uint64_t index) noexcept;
  std::optional<uint64_t> Index() noexcept;
  RemoteAddress CopyWith(RemoteAddress instruction, uint64_t bytes) noexcept;

  RemoteMemory& memory_;
  const Layout& layout_;
  const RawFrame& frame_;
};

// To 3.10 f_lasti is -1 then; in 3.11 and 3.12 prev_instr is the unit before the first
// (_PyFrame_Initialize, pycore_frame.h).
bool Reader::NotStarted() const {
  if (!Pointer()) return static_cast<int64_t>(frame_.instruction) < 0;
  return layout_.features.instruction_unit == InstructionUnit::kPointerLast &&
         frame_.instruction + kUnit == Start().value();
}

// Where the current instruction lies; null when that cannot be.
RemoteAddress Reader::Place() noexcept {
  if (Pointer()) {
    // A copy of the bytecode lies anywhere, the original in the code object.
    const bool outside = !layout_.code.tlbc.present() && frame_.instruction < Start().value();
    const bool sane = !outside && frame_.instruction % kUnit == 0;
    return sane ? RemoteAddress(frame_.instruction) : RemoteAddress();
  }
  const std::optional<RemoteAddress> code = memory_.ReadPointer(layout_.code.code.At(frame_.code));
  if (!code || !code->MayHoldPointer()) return RemoteAddress();
  const bool units = layout_.features.instruction_unit == InstructionUnit::kUnitOffset;
  return layout_.bytes.ob_sval.At(*code).Plus(units ? frame_.instruction * kUnit
                                                    : frame_.instruction);
}

std::optional<OpcodeFamily> Reader::Family() noexcept {
  if (frame_.code.is_null() || layout_.features.opcodes == OpcodeSet::kUnknown) {
    return std::nullopt;
  }
  // Up to 3.10 the loop looks at its eval breaker before the first instruction, too.
  if (NotStarted()) return Pointer() ? OpcodeFamily::kOther : OpcodeFamily::kEvalBreaker;
  const RemoteAddress place = Place();
  uint8_t bytes[kMaxBytes];
  const size_t size = place.is_null() ? 0 : memory_.ReadSome(place, bytes, sizeof(bytes));
  if (size == 0) return std::nullopt;
  // DISPATCH_INLINED leaves prev_instr at the last unit of the call's cache (Python/ceval.c of 3.11
  // and 3.12) and nothing else does: C callees run while it is at the call.
  if (layout_.features.instruction_unit == InstructionUnit::kPointerLast && bytes[0] == kCache) {
    return OpcodeFamily::kCallPython;
  }
  return Follow(bytes, size);
}

std::optional<OpcodeFamily> Reader::Follow(const uint8_t* bytes, size_t size) noexcept {
  const OpcodeSet set = layout_.features.opcodes;
  uint8_t opcode = bytes[0];
  size_t at = 0;
  for (int step = 0; step < kMaxSteps; ++step) {
    const Indirection indirection = IndirectionOf(set, opcode);
    switch (indirection) {
      case Indirection::kNone:
        return FamilyOf(set, opcode);
      case Indirection::kTwoBytesOn:
      case Indirection::kThreeBytesOn:
        at += indirection == Indirection::kTwoBytesOn ? 2 : 3;
        if (at >= size) return std::nullopt;
        opcode = bytes[at];
        break;
      case Indirection::kExecutor:
        // Optimised traces begin at JUMP_BACKWARD and RESUME (Python/optimizer.c).
        return OpcodeFamily::kEvalBreaker;
      case Indirection::kLine:
      case Indirection::kInstruction: {
        const std::optional<uint64_t> index = Index();
        if (!index) return std::nullopt;
        const std::optional<uint8_t> original = Original(indirection, *index + at / kUnit);
        if (!original) return std::nullopt;
        opcode = *original;
        break;
      }
    }
  }
  return std::nullopt;
}

std::optional<uint8_t> Reader::Original(Indirection indirection, uint64_t index) noexcept {
  if (!layout_.code.monitoring.present()) return std::nullopt;
  const std::optional<RemoteAddress> monitoring =
      memory_.ReadPointer(layout_.code.monitoring.At(frame_.code));
  if (!monitoring || !monitoring->MayHoldPointer()) return std::nullopt;
  if (indirection == Indirection::kLine) return LineOpcode(*monitoring, index);
  const std::optional<RemoteAddress> opcodes =
      memory_.ReadPointer(layout_.monitoring.per_instruction_opcodes.At(*monitoring));
  return opcodes ? memory_.Read<uint8_t>(opcodes->Plus(index)) : std::nullopt;
}

std::optional<uint8_t> Reader::LineOpcode(RemoteAddress monitoring, uint64_t index) noexcept {
  const LineMonitoringLayout& fields = layout_.line_monitoring;
  const std::optional<RemoteAddress> lines =
      memory_.ReadPointer(layout_.monitoring.lines.At(monitoring));
  if (!lines || lines->is_null()) return std::nullopt;
  uint64_t entry = fields.entry_size;
  if (fields.bytes_per_entry.present()) {
    entry = memory_.Read<uint8_t>(fields.bytes_per_entry.At(*lines)).value_or(0);
  }
  if (entry == 0) return std::nullopt;
  return memory_.Read<uint8_t>(fields.original_opcode.At(*lines).Plus(entry * index));
}

// Which unit of the bytecode the instruction is.
std::optional<uint64_t> Reader::Index() noexcept {
  // Py_SIZE of a code object counts its units (_PyCode_NBYTES, Include/cpython/code.h).
  const std::optional<int64_t> units =
      memory_.Read<int64_t>(layout_.object.ob_size.At(frame_.code));
  if (!units || *units <= 0) return std::nullopt;
  const uint64_t bytes = static_cast<uint64_t>(*units) * kUnit;
  const RemoteAddress instruction(frame_.instruction);
  RemoteAddress start = Start();
  if (!AddressRange::OfSize(start, bytes).Contains(instruction)) {
    start = CopyWith(instruction, bytes);
  }
  if (start.is_null()) return std::nullopt;
  return (instruction.value() - start.value()) / kUnit;
}

// The start of that copy of the bytecode in which `instruction` lies.
RemoteAddress Reader::CopyWith(RemoteAddress instruction, uint64_t bytes) noexcept {
  if (!layout_.code.tlbc.present()) return RemoteAddress();
  const std::optional<RemoteAddress> array = memory_.ReadPointer(layout_.code.tlbc.At(frame_.code));
  if (!array || !array->MayHoldPointer()) return RemoteAddress();
  const int64_t count = memory_.Read<int64_t>(layout_.tlbc.size.At(*array)).value_or(0);
  for (int64_t i = 0; i < count && i < kMaxCopies; ++i) {
    const RemoteAddress entry =
        layout_.tlbc.entries.At(*array).Plus(static_cast<uint64_t>(i) * sizeof(RemoteAddress));
    const std::optional<RemoteAddress> start = memory_.ReadPointer(entry);
    if (start && AddressRange::OfSize(*start, bytes).Contains(instruction)) return *start;
  }
  return RemoteAddress();
}

}  // namespace

std::optional<OpcodeFamily> FamilyAt(RemoteMemory& memory, const Layout& layout,
                                     const RawFrame& leaf) noexcept {
  return Reader(memory, layout, leaf).Family();
}

}  // namespace spyhop
