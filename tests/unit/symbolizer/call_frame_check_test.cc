#include "symbolizer/call_frame_check.h"

#include <dlfcn.h>
#include <dwarf.h>
#include <gnu/libc-version.h>
#include <gtest/gtest.h>

#include <vector>

#include "symbolizer/frame_index.h"
#include "tests/unit/symbolizer/open_elf.h"

namespace spyhop {
namespace {

using Program = std::vector<uint8_t>;

TEST(FrameProgram, OfACompilerIsTame) {
  EXPECT_TRUE(IsTameFrameProgram({}));
  // push rbp; mov rbp, rsp; ...; pop rbp.
  EXPECT_TRUE(IsTameFrameProgram(Program{DW_CFA_advance_loc | 1, DW_CFA_def_cfa_offset, 16,
                                         DW_CFA_offset | 6, 2, DW_CFA_advance_loc | 3,
                                         DW_CFA_def_cfa_register, 6, DW_CFA_remember_state,
                                         DW_CFA_def_cfa, 7, 8, DW_CFA_restore_state, DW_CFA_nop}));
  EXPECT_TRUE(IsTameFrameProgram(Program{DW_CFA_expression, 3, 2, DW_OP_breg7, 8}));
}

TEST(FrameProgram, ThatNamesARegisterWhichNoMachineHasIsNot) {
  const Program far = {0x80, 0x80, 0x80, 0x30};  // ULEB128, 100 million
  for (const uint8_t instruction :
       {DW_CFA_undefined, DW_CFA_same_value, DW_CFA_restore_extended, DW_CFA_def_cfa_register}) {
    Program program = {instruction};
    program.insert(program.end(), far.begin(), far.end());
    EXPECT_FALSE(IsTameFrameProgram(program)) << int{instruction};
  }
  Program second = {DW_CFA_register, 1};
  second.insert(second.end(), far.begin(), far.end());
  EXPECT_FALSE(IsTameFrameProgram(second));
}

TEST(FrameProgram, ThatRemembersWithoutEndIsNot) {
  EXPECT_TRUE(IsTameFrameProgram(Program(64, DW_CFA_remember_state)));
  EXPECT_FALSE(IsTameFrameProgram(Program(65, DW_CFA_remember_state)));
  Program in_turn;
  for (int i = 0; i < 1000; ++i) {
    in_turn.insert(in_turn.end(), {DW_CFA_remember_state, DW_CFA_restore_state});
  }
  EXPECT_TRUE(IsTameFrameProgram(in_turn));
}

TEST(FrameProgram, ThatIsCutShortOrUnknownIsNot) {
  EXPECT_FALSE(IsTameFrameProgram(Program{DW_CFA_advance_loc4, 0, 0, 0}));
  EXPECT_FALSE(IsTameFrameProgram(Program{DW_CFA_def_cfa, 7}));
  EXPECT_FALSE(IsTameFrameProgram(Program{DW_CFA_def_cfa_offset, 0x80}));
  EXPECT_FALSE(IsTameFrameProgram(Program{DW_CFA_def_cfa_expression, 5, 0}));
  EXPECT_FALSE(IsTameFrameProgram(Program{DW_CFA_high_user}));
}

// libdw reads ten bytes of it and runs the eleventh: DW_CFA_offset_extended of register 100663296.
TEST(FrameProgram, ThatHidesAnInstructionBehindAnOverlongNumberIsNot) {
  Program program = {DW_CFA_GNU_args_size};
  program.insert(program.end(), 10, 0x80);
  program.insert(program.end(), {DW_CFA_offset_extended, 0x80, 0x80, 0x80, 0x30, 0x00});
  EXPECT_FALSE(IsTameFrameProgram(program));
  Program longest = {DW_CFA_GNU_args_size};
  longest.insert(longest.end(), 8, 0x80);
  longest.push_back(1);
  EXPECT_TRUE(IsTameFrameProgram(longest));
  longest.back() = 0x80;
  longest.push_back(1);
  EXPECT_FALSE(IsTameFrameProgram(longest));
}

TEST(CallFrameCheck, PassesAllOfTheCLibrary) {
  Dl_info info{};
  dladdr(reinterpret_cast<const void*>(&gnu_get_libc_version), &info);
  const auto file = OpenElf(info.dli_fname);
  ASSERT_NE(file, nullptr);
  const CallFrameCheck check(*file);
  const FrameIndex index(*file);
  const std::optional<ElfSection> text = file->FindSection(".text");
  ASSERT_TRUE(text && index.search() == FrameIndex::Search::kHere);
  int entries = 0;
  for (uint64_t pc = text->address; pc < text->address + text->size; pc += 64, ++entries) {
    const std::optional<uint64_t> entry = index.EntryAt(pc);
    ASSERT_TRUE(entry && check.IsTame(*entry)) << std::hex << pc;
  }
  EXPECT_GT(entries, 1000);
  EXPECT_FALSE(check.IsTame(0));
}

}  // namespace
}  // namespace spyhop
