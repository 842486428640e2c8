#include "symbolizer/call_frame_check.h"

#include <dlfcn.h>
#include <dwarf.h>
#include <gnu/libc-version.h>
#include <gtest/gtest.h>

#include <vector>

#include "symbolizer/frame_index.h"
#include "tests/unit/symbolizer/made_frames.h"
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

TEST(FrameProgram, ThatIsEndlesslyLongIsNot) {
  EXPECT_TRUE(IsTameFrameProgram(Program(64 << 10, DW_CFA_nop)));
  EXPECT_FALSE(IsTameFrameProgram(Program((64 << 10) + 1, DW_CFA_nop)));
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

bool AllAreTame(const MadeFrames& frames) {
  const auto file = OpenMadeElf(MadeElf({frames.Table()}));
  return CallFrameCheck(*file).AllAreTame();
}

TEST(CallFrameCheck, GoesOnBehindAnEntryThatMakesNoSense) {
  MadeFrames frames;
  const uint32_t cie = frames.AddCie("zR", "\x1b");
  frames.AddFde(cie, 0x4000, 0x100);
  frames.Add(BytesOf(uint32_t{0x7fffffff}) + "of a CIE before the table");
  EXPECT_TRUE(AllAreTame(frames));
  frames.AddFde(cie, 0x5000, 0x100, kWildProgram);
  EXPECT_FALSE(AllAreTame(frames));
}

// It would be read again for each entry that refers to it.
TEST(CallFrameCheck, ALongInitialProgramIsNotTame) {
  for (const size_t size : {1 << 10, (1 << 10) + 1}) {
    MadeFrames frames;
    frames.AddFde(frames.AddCie("zR", "\x1b", std::string(size, DW_CFA_nop)), 0x4000, 0x100);
    EXPECT_EQ(AllAreTame(frames), size == 1 << 10);
  }
}

bool IsTameWith(std::string_view augmentation, std::string_view data) {
  MadeFrames frames;
  frames.AddFde(frames.AddCie(augmentation, data), 0x4000, 0x100);
  return AllAreTame(frames);
}

TEST(CallFrameCheck, PassesTheAugmentationsOfCompilers) {
  EXPECT_TRUE(IsTameWith("zR", "\x1b"));
  EXPECT_TRUE(IsTameWith("zRS", "\x1b"));
  // DW.ref.__gxx_personality_v0: indirect, relative, of 4 bytes.
  EXPECT_TRUE(IsTameWith("zPLR", std::string_view("\x9b\0\0\0\0\x1b\x1b", 7)));
  EXPECT_TRUE(IsTameWith("zPLR", std::string_view("\3\0\0\0\0\3\3", 7)));
}

// libdw skips the personality by the size it takes it for, and finds the encoding there.
TEST(CallFrameCheck, OtherAugmentationsAreNotTame) {
  EXPECT_FALSE(IsTameWith("zPR", std::string_view("\x0a\0\0\x03\x1b", 5))) << "2 bytes";
  EXPECT_FALSE(IsTameWith("zPR", std::string_view("\xff\x1b", 2))) << "omitted";
  EXPECT_FALSE(IsTameWith("zPR", std::string_view("\x01\x05\x1b", 3))) << "ULEB128";
  EXPECT_FALSE(IsTameWith("zR", "\x5b")) << "aligned";
  EXPECT_FALSE(IsTameWith("zR", "\x9b")) << "indirect";
  EXPECT_FALSE(IsTameWith("zR", "\x3b")) << "relative to data";
  EXPECT_FALSE(IsTameWith("zXR", "\x1b\x1b"));
  EXPECT_FALSE(IsTameWith("Rz", "\x1b"));
  EXPECT_FALSE(IsTameWith("zRR", "\x1b")) << "cut";
}

}  // namespace
}  // namespace spyhop
