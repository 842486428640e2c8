#include "interp_layouts/opcodes.h"

#include <cstdint>

#include "gtest/gtest.h"
#include "interp_layouts/registry.h"

namespace spyhop {
namespace {

using enum OpcodeFamily;

constexpr OpcodeSet kEverySet[] = {OpcodeSet::k27,  OpcodeSet::k36,  OpcodeSet::k37,
                                   OpcodeSet::k38,  OpcodeSet::k39,  OpcodeSet::k310,
                                   OpcodeSet::k311, OpcodeSet::k312, OpcodeSet::k313,
                                   OpcodeSet::k314, OpcodeSet::k315};

// Numbers as each version's own dis.opmap (3.11+: dis._all_opmap) says them.
struct Known {
  OpcodeSet set;
  uint8_t opcode;
  OpcodeFamily family;
  const char* name;
};

constexpr Known kKnown[] = {
    {OpcodeSet::k27, 131, kCall, "CALL_FUNCTION"},
    {OpcodeSet::k27, 142, kCall, "CALL_FUNCTION_VAR_KW"},
    {OpcodeSet::k27, 72, kCall, "PRINT_NEWLINE"},
    {OpcodeSet::k27, 143, kCall, "SETUP_WITH"},
    {OpcodeSet::k27, 81, kCall, "WITH_CLEANUP"},
    {OpcodeSet::k27, 145, kInstrumented, "EXTENDED_ARG"},
    {OpcodeSet::k27, 113, kOther, "JUMP_ABSOLUTE"},
    {OpcodeSet::k27, 106, kOther, "LOAD_ATTR"},
    {OpcodeSet::k36, 131, kCall, "CALL_FUNCTION"},
    {OpcodeSet::k36, 142, kCall, "CALL_FUNCTION_EX"},
    {OpcodeSet::k36, 161, kOther, "none yet"},
    {OpcodeSet::k36, 144, kInstrumented, "EXTENDED_ARG"},
    {OpcodeSet::k37, 161, kCall, "CALL_METHOD"},
    {OpcodeSet::k37, 82, kOther, "WITH_CLEANUP_FINISH"},
    {OpcodeSet::k38, 162, kOther, "CALL_FINALLY"},
    {OpcodeSet::k38, 81, kCall, "WITH_CLEANUP_START"},
    {OpcodeSet::k39, 49, kCall, "WITH_EXCEPT_START"},
    {OpcodeSet::k39, 108, kCall, "IMPORT_NAME"},
    {OpcodeSet::k39, 113, kOther, "JUMP_ABSOLUTE"},
    {OpcodeSet::k310, 113, kEvalBreaker, "JUMP_ABSOLUTE"},
    {OpcodeSet::k310, 161, kCall, "CALL_METHOD"},
    {OpcodeSet::k310, 154, kOther, "SETUP_ASYNC_WITH"},
    {OpcodeSet::k311, 0, kOther, "CACHE"},
    {OpcodeSet::k311, 171, kCall, "CALL"},
    {OpcodeSet::k311, 166, kCall, "PRECALL"},
    {OpcodeSet::k311, 23, kCallPython, "CALL_PY_EXACT_ARGS"},
    {OpcodeSet::k311, 73, kCallNative, "PRECALL_NO_KW_BUILTIN_FAST"},
    {OpcodeSet::k311, 38, kEvalBreaker, "JUMP_BACKWARD_QUICK"},
    {OpcodeSet::k311, 134, kOther, "JUMP_BACKWARD_NO_INTERRUPT"},
    {OpcodeSet::k311, 34, kInstrumented, "EXTENDED_ARG_QUICK"},
    {OpcodeSet::k312, 171, kCall, "CALL"},
    {OpcodeSet::k312, 28, kCallPython, "CALL_BOUND_METHOD_EXACT_ARGS"},
    {OpcodeSet::k312, 39, kCallNative, "CALL_NO_KW_BUILTIN_FAST"},
    {OpcodeSet::k312, 173, kOther, "CALL_INTRINSIC_1"},
    {OpcodeSet::k312, 241, kCall, "INSTRUMENTED_CALL"},
    {OpcodeSet::k312, 240, kEvalBreaker, "INSTRUMENTED_RESUME"},
    {OpcodeSet::k312, 237, kOther, "INSTRUMENTED_LOAD_SUPER_ATTR"},
    {OpcodeSet::k312, 254, kInstrumented, "INSTRUMENTED_LINE"},
    {OpcodeSet::k313, 53, kCall, "CALL"},
    {OpcodeSet::k313, 57, kCall, "CALL_KW"},
    {OpcodeSet::k313, 162, kCallPython, "CALL_ALLOC_AND_ENTER_INIT"},
    {OpcodeSet::k313, 176, kCallNative, "CALL_NON_PY_GENERAL"},
    {OpcodeSet::k313, 208, kCallPython, "SEND_GEN"},
    {OpcodeSet::k313, 207, kEvalBreaker, "RESUME_CHECK"},
    {OpcodeSet::k313, 70, kInstrumented, "ENTER_EXECUTOR"},
    {OpcodeSet::k314, 52, kCall, "CALL"},
    {OpcodeSet::k314, 153, kCallPython, "CALL_KW_PY"},
    {OpcodeSet::k314, 152, kCallNative, "CALL_KW_NON_PY"},
    {OpcodeSet::k314, 136, kCallPython, "BINARY_OP_SUBSCR_GETITEM"},
    {OpcodeSet::k314, 176, kEvalBreaker, "JUMP_BACKWARD_NO_JIT"},
    {OpcodeSet::k314, 255, kInstrumented, "ENTER_EXECUTOR"},
    {OpcodeSet::k315, 50, kCall, "CALL"},
    {OpcodeSet::k315, 152, kCallPython, "CALL_EX_PY"},
    {OpcodeSet::k315, 151, kCallNative, "CALL_EX_NON_PY_GENERAL"},
    {OpcodeSet::k315, 204, kOther, "SEND_VIRTUAL"},
    {OpcodeSet::k315, 237, kInstrumented, "INSTRUMENTED_INSTRUCTION"},
    {OpcodeSet::k315, 255, kOther, "TRACE_RECORD"},
};

TEST(Opcodes, EveryTableHasTheNumbersOfItsVersion) {
  for (const Known& known : kKnown) {
    EXPECT_EQ(FamilyOf(known.set, known.opcode), known.family)
        << known.name << " in set " << int(known.set);
  }
}

TEST(Opcodes, KnowWhereToLookForAnInstructionThatIsElsewhere) {
  EXPECT_EQ(IndirectionOf(OpcodeSet::k27, 145), Indirection::kThreeBytesOn);
  EXPECT_EQ(IndirectionOf(OpcodeSet::k310, 144), Indirection::kTwoBytesOn);
  EXPECT_EQ(IndirectionOf(OpcodeSet::k312, 254), Indirection::kLine);
  EXPECT_EQ(IndirectionOf(OpcodeSet::k312, 253), Indirection::kInstruction);
  EXPECT_EQ(IndirectionOf(OpcodeSet::k315, 254), Indirection::kExecutor);
  for (const OpcodeSet set : kEverySet) {
    for (int opcode = 0; opcode < 256; ++opcode) {
      const auto byte = static_cast<uint8_t>(opcode);
      EXPECT_EQ(FamilyOf(set, byte) == kInstrumented,
                IndirectionOf(set, byte) != Indirection::kNone);
    }
  }
}

TEST(Opcodes, OnlyVersionsThatSpecialiseHaveSpecialisedCalls) {
  for (const OpcodeSet set : kEverySet) {
    int calls = 0;
    int specialised = 0;
    for (int opcode = 0; opcode < 256; ++opcode) {
      const OpcodeFamily family = FamilyOf(set, static_cast<uint8_t>(opcode));
      if (family == kCall) ++calls;
      if (family == kCallPython || family == kCallNative) ++specialised;
    }
    EXPECT_GE(calls, 5) << int(set);
    EXPECT_EQ(specialised > 0, set >= OpcodeSet::k311) << int(set);
  }
}

TEST(Opcodes, NothingIsKnownOfAnUnknownSet) {
  for (int opcode = 0; opcode < 256; ++opcode) {
    EXPECT_EQ(FamilyOf(OpcodeSet::kUnknown, static_cast<uint8_t>(opcode)), kOther);
  }
}

TEST(Opcodes, EveryLayoutSaysWhichSetItHas) {
  for (const Layout& layout : AllLayouts()) {
    const int index = layout.first.major == 2 ? 1 : layout.first.minor - 4;
    EXPECT_EQ(layout.features.opcodes, static_cast<OpcodeSet>(index)) << layout.first.ToString();
  }
}

}  // namespace
}  // namespace spyhop
