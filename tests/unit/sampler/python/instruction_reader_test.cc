#include "sampler/python/instruction_reader.h"

#include <gtest/gtest.h>

#include <optional>
#include <string_view>
#include <vector>

#include "tests/fakes/fake_memory.h"
#include "tests/fakes/object_builder.h"
#include "tests/unit/sampler/python/layout_param.h"

namespace spyhop {
namespace {

using enum OpcodeFamily;

class InstructionReaderTest : public testing::TestWithParam<const Layout*> {
 protected:
  const Layout& layout() const { return *GetParam(); }
  InstructionUnit unit() const { return layout().features.instruction_unit; }
  bool HasPointer() const {
    return unit() == InstructionUnit::kPointerLast || unit() == InstructionUnit::kPointerNext;
  }
  bool Has(Indirection indirection) const { return Number(indirection).has_value(); }

  template <typename Matches>
  std::optional<uint8_t> FirstOpcode(Matches matches) const {
    for (int opcode = 1; opcode < 256; ++opcode) {
      if (matches(static_cast<uint8_t>(opcode))) return static_cast<uint8_t>(opcode);
    }
    return std::nullopt;
  }
  std::optional<uint8_t> Number(Indirection indirection) const {
    return FirstOpcode(
        [&](uint8_t o) { return IndirectionOf(layout().features.opcodes, o) == indirection; });
  }
  uint8_t Number(OpcodeFamily family) const {
    return *FirstOpcode(
        [&](uint8_t o) { return FamilyOf(layout().features.opcodes, o) == family; });
  }

  // A code object whose bytecode is `bytes`.
  void MakeCode(const std::vector<uint8_t>& bytes) {
    code_ = objects_.Allocate(1024);
    if (HasPointer()) {
      objects_.Put(code_, layout().object.ob_size, static_cast<int64_t>(bytes.size() / 2));
      start_ = layout().code.code_adaptive.At(code_);
      memory_.SetBytes(start_, bytes);
    } else {
      const RemoteAddress object = objects_.Bytes(
          std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
      objects_.Put(code_, layout().code.code, object);
      start_ = layout().bytes.ob_sval.At(object);
    }
  }
  // `offset` in bytes.
  RawFrame FrameAt(int64_t offset) const {
    if (HasPointer()) return {code_, start_.value() + static_cast<uint64_t>(offset), false};
    const bool units = unit() == InstructionUnit::kUnitOffset;
    return {code_, static_cast<uint64_t>(units ? offset / 2 : offset), false};
  }
  std::optional<OpcodeFamily> At(int64_t offset) {
    return FamilyAt(memory_, layout(), FrameAt(offset));
  }

  // Monitoring data for `units` units, whose original opcodes are all `line` and `instruction`.
  void Monitor(size_t units, uint8_t line, uint8_t instruction) {
    constexpr uint8_t kEntry = 3;
    const LineMonitoringLayout& fields = layout().line_monitoring;
    const bool says_size = fields.bytes_per_entry.present();
    const size_t entry = says_size ? kEntry : fields.entry_size;
    const RemoteAddress monitoring = objects_.Allocate(256);
    lines_ = objects_.Allocate(64);
    per_instruction_ = objects_.Allocate(64);
    objects_.Put(lines_, fields.bytes_per_entry, kEntry);
    for (size_t i = 0; i < units; ++i) {
      memory_.Set(fields.original_opcode.At(lines_).Plus(entry * i), line);
      memory_.Set(per_instruction_.Plus(i), instruction);
    }
    line_entry_ = entry;
    objects_.Put(code_, layout().code.monitoring, monitoring);
    objects_.Put(monitoring, layout().monitoring.lines, lines_);
    objects_.Put(monitoring, layout().monitoring.per_instruction_opcodes, per_instruction_);
  }

  FakeMemory memory_;
  ObjectBuilder objects_{memory_, *GetParam()};
  RemoteAddress code_;
  RemoteAddress start_;
  RemoteAddress lines_;
  RemoteAddress per_instruction_;
  size_t line_entry_ = 0;
};

TEST_P(InstructionReaderTest, TellsCallsFromOtherWork) {
  MakeCode({Number(kOther), 0, Number(kCall), 0, Number(kOther), 0});
  EXPECT_EQ(At(0), kOther);
  EXPECT_EQ(At(2), kCall);
  EXPECT_EQ(At(4), kOther);
}

TEST_P(InstructionReaderTest, TakesOneReadOrTwo) {
  MakeCode({Number(kCall), 0});
  memory_.ClearLog();
  EXPECT_EQ(At(0), kCall);
  EXPECT_EQ(memory_.batches(), HasPointer() ? 1u : 2u);
}

TEST_P(InstructionReaderTest, AFrameThatHasNotStartedIsInNoCall) {
  if (unit() == InstructionUnit::kPointerNext) return;
  MakeCode({Number(kCall), 0});
  RawFrame frame{code_, ~uint64_t{0}, false};
  if (HasPointer()) frame = FrameAt(-2);
  EXPECT_EQ(FamilyAt(memory_, layout(), frame), HasPointer() ? kOther : kEvalBreaker);
}

TEST_P(InstructionReaderTest, LooksBehindPrefixes) {
  const bool wide = Has(Indirection::kThreeBytesOn);
  const uint8_t prefix = *Number(wide ? Indirection::kThreeBytesOn : Indirection::kTwoBytesOn);
  MakeCode(wide ? std::vector<uint8_t>{prefix, 0, 1, Number(kCall), 0, 0}
                : std::vector<uint8_t>{prefix, 0, prefix, 1, prefix, 2, Number(kCall), 0});
  EXPECT_EQ(At(0), kCall);
}

TEST_P(InstructionReaderTest, APrefixWithoutAnInstructionIsNothing) {
  const bool wide = Has(Indirection::kThreeBytesOn);
  const uint8_t prefix = *Number(wide ? Indirection::kThreeBytesOn : Indirection::kTwoBytesOn);
  MakeCode(std::vector<uint8_t>(16, prefix));
  EXPECT_EQ(At(0), std::nullopt);
}

TEST_P(InstructionReaderTest, APythonCalleeHasReturnedWhereTheInstructionLiesInACache) {
  if (!HasPointer()) return;
  MakeCode({Number(kCall), 0, 0, 0});
  EXPECT_EQ(At(2), unit() == InstructionUnit::kPointerLast ? kCallPython : kOther);
}

TEST_P(InstructionReaderTest, WhatCannotBeReadIsNothing) {
  MakeCode({Number(kCall), 0});
  EXPECT_EQ(FamilyAt(memory_, layout(), {}), std::nullopt);
  EXPECT_EQ(FamilyAt(memory_, layout(), {RemoteAddress(0x123456780), 0x123456800, false}),
            std::nullopt);
  if (HasPointer()) {
    EXPECT_EQ(At(1), std::nullopt);
    if (!layout().code.tlbc.present()) {
      EXPECT_EQ(At(-8), std::nullopt);
    }
  } else {
    memory_.ShortenRead(1);
    EXPECT_EQ(At(0), std::nullopt);
  }
}

TEST_P(InstructionReaderTest, NothingIsKnownOfAnUnknownInterpreter) {
  MakeCode({Number(kCall), 0});
  Layout unknown = layout();
  unknown.features.opcodes = OpcodeSet::kUnknown;
  EXPECT_EQ(FamilyAt(memory_, unknown, FrameAt(0)), std::nullopt);
}

TEST_P(InstructionReaderTest, FollowsATracedLineToItsInstruction) {
  if (!Has(Indirection::kLine)) return;
  const uint8_t line = *Number(Indirection::kLine);
  MakeCode({line, 0, line, 0, line, 0});
  Monitor(3, Number(kOther), Number(kOther));
  memory_.Set(layout().line_monitoring.original_opcode.At(lines_).Plus(line_entry_),
              Number(kCallNative));
  EXPECT_EQ(At(0), kOther);
  EXPECT_EQ(At(2), kCallNative);
  EXPECT_EQ(At(4), kOther);
}

TEST_P(InstructionReaderTest, FollowsAMonitoredInstructionOfATracedLine) {
  if (!Has(Indirection::kLine)) return;
  MakeCode({*Number(Indirection::kInstruction), 0, *Number(Indirection::kLine), 0});
  Monitor(2, *Number(Indirection::kInstruction), Number(kOther));
  memory_.Set(per_instruction_.Plus(1), Number(kCall));
  EXPECT_EQ(At(0), kOther);
  EXPECT_EQ(At(2), kCall);
}

TEST_P(InstructionReaderTest, FollowsNothingForEver) {
  if (!Has(Indirection::kLine)) return;
  const uint8_t line = *Number(Indirection::kLine);
  MakeCode({line, 0});
  Monitor(1, line, line);
  EXPECT_EQ(At(0), std::nullopt);
}

TEST_P(InstructionReaderTest, ATracedLineWithoutMonitoringDataIsNothing) {
  if (!Has(Indirection::kLine)) return;
  MakeCode({*Number(Indirection::kLine), 0});
  EXPECT_EQ(At(0), std::nullopt);
  Monitor(1, Number(kCall), Number(kCall));
  objects_.Put(code_, layout().object.ob_size, int64_t{0});
  EXPECT_EQ(At(0), std::nullopt);
}

TEST_P(InstructionReaderTest, FindsTheLineInAThreadsOwnCopyOfTheBytecode) {
  if (!layout().code.tlbc.present()) return;
  const uint8_t line = *Number(Indirection::kLine);
  MakeCode({line, 0, line, 0});
  Monitor(2, Number(kOther), Number(kOther));
  memory_.Set(layout().line_monitoring.original_opcode.At(lines_).Plus(line_entry_), Number(kCall));
  const RemoteAddress array = objects_.Allocate(64);
  const RemoteAddress copy = objects_.Allocate(64);
  memory_.SetBytes(copy, std::vector<uint8_t>{line, 0, line, 0});
  objects_.Put(code_, layout().code.tlbc, array);
  objects_.Put(array, layout().tlbc.size, int64_t{2});
  memory_.Set(layout().tlbc.entries.At(array), start_);
  memory_.Set(layout().tlbc.entries.At(array).Plus(8), copy);
  EXPECT_EQ(FamilyAt(memory_, layout(), {code_, copy.value() + 2, false}), kCall);
  EXPECT_EQ(FamilyAt(memory_, layout(), {code_, copy.value(), false}), kOther);
  objects_.Put(array, layout().tlbc.size, int64_t{1});
  EXPECT_EQ(FamilyAt(memory_, layout(), {code_, copy.value() + 2, false}), std::nullopt);
}

TEST_P(InstructionReaderTest, CompiledCodeBeginsWhereTheLoopTurns) {
  if (!Has(Indirection::kExecutor)) return;
  MakeCode({*Number(Indirection::kExecutor), 0});
  EXPECT_EQ(At(0), kEvalBreaker);
}

INSTANTIATE_TEST_SUITE_P(EveryTable, InstructionReaderTest, EveryLayout(), LayoutName);

}  // namespace
}  // namespace spyhop
