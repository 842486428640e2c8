#include "symbolizer/call_frames.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "tests/unit/symbolizer/made_frames.h"
#include "tests/unit/symbolizer/open_elf.h"

namespace spyhop {
namespace {

class CallFramesTest : public ::testing::Test {
 protected:
  CallFramesTest() {
    Dl_info info{};
    dladdr(reinterpret_cast<const void*>(&gnu_get_libc_version), &info);
    file_ = OpenElf(info.dli_fname);
    if (file_ != nullptr) frames_ = CallFrames::Open(file_);
  }

  std::shared_ptr<const ElfFile> file_;  // the C library
  std::unique_ptr<CallFrames> frames_;
};

// The PLT's rule depends on the pc: 11 bytes into an entry the index has been pushed (binutils,
// bfd/elfxx-x86.c, elf_x86_64_eh_frame_lazy_plt).
TEST_F(CallFramesTest, APltEntryIsAConstantAtEachPc) {
  ASSERT_NE(frames_, nullptr);
  const std::optional<ElfSection> plt = file_->FindSection(".plt");
  ASSERT_TRUE(plt && plt->size >= 32);
  const auto offset_at = [&](uint64_t into) {
    const std::optional<UnwindRow> row = frames_->RowAt(plt->address + 16 + into);
    EXPECT_TRUE(row && row->cfa.base == UnwindRow::Base::kRsp);
    return row ? row->cfa.offset : 0;
  };
  EXPECT_EQ(offset_at(0), 8);
  EXPECT_EQ(offset_at(6), 8);
  EXPECT_EQ(offset_at(11), 16);
  EXPECT_EQ(offset_at(0), 8) << "as before: no row of a range";
}

TEST_F(CallFramesTest, RowsSayWhatTheTableSays) {
  ASSERT_NE(frames_, nullptr);
  const std::optional<ElfSection> text = file_->FindSection(".text");
  ASSERT_TRUE(text);
  int rows = 0;
  int none = 0;
  for (uint64_t pc = text->address; pc < text->address + text->size; pc += 97) {
    ++(frames_->RowAt(pc) ? rows : none);
  }
  // Between functions nothing is said.
  EXPECT_GT(rows, 40 * none) << "of " << rows + none << " places";
}

// Epilogues lie between a remembered state and its return.
TEST_F(CallFramesTest, ARowDoesNotDependOnWhatWasAskedBefore) {
  ASSERT_NE(frames_, nullptr);
  const std::optional<ElfSection> text = file_->FindSection(".text");
  ASSERT_TRUE(text);
  const std::unique_ptr<CallFrames> backwards = CallFrames::Open(file_);
  const uint64_t size = std::min<uint64_t>(text->size, 100'000);
  std::vector<std::optional<UnwindRow>> rows(size);
  for (uint64_t i = size; i-- > 0;) rows[i] = backwards->RowAt(text->address + i);
  uint64_t different = 0;
  for (uint64_t i = 0; i < size; i += 3) {
    different += frames_->RowAt(text->address + i) == rows[i] ? 0 : 1;
  }
  EXPECT_EQ(different, 0u);
}

TEST_F(CallFramesTest, AFunctionReachesFromItsBeginToTheNext) {
  ASSERT_NE(frames_, nullptr);
  for (const ElfSymbol& known : file_->FindSymbols({{"qsort_r", "gnu_get_libc_version", "read"}})) {
    const std::optional<AddressRange> found = frames_->FunctionAt(known.address + known.size - 1);
    ASSERT_TRUE(found) << known.name;
    EXPECT_EQ(found->begin().value(), known.address) << known.name;
    EXPECT_GE(found->end().value(), known.address + known.size) << known.name;
    EXPECT_LT(found->end().value(), known.address + known.size + 64) << "padding";
  }
  EXPECT_FALSE(frames_->FunctionAt(0));
}

TEST_F(CallFramesTest, NothingIsSaidOfWhatIsNoCode) {
  ASSERT_NE(frames_, nullptr);
  EXPECT_FALSE(frames_->RowAt(0));
  EXPECT_FALSE(frames_->RowAt(UINT64_MAX));
}

// Two functions, at 0x4000 and 0x5000, of which only the first one's entry is tame.
class MadeFramesTest : public ::testing::Test {
 protected:
  using Sections = std::vector<MadeSection>;
  static constexpr uint64_t kTame = 0x4000;
  static constexpr uint64_t kWild = 0x5000;
  static constexpr std::string_view kEncoding = "\x1b";  // DW_EH_PE_pcrel | sdata4

  static std::unique_ptr<CallFrames> Open(const Sections& sections) {
    return CallFrames::Open(OpenMadeElf(MadeElf(sections)));
  }

  MadeFrames frames_;
  const uint32_t cie_ = frames_.AddCie("zR", kEncoding);
  const uint32_t tame_ = frames_.AddFde(cie_, kTame, 0x100);
  const MadeFrames only_tame_ = frames_;
  const uint32_t wild_ = frames_.AddFde(cie_, kWild, 0x100, kWildProgram);
  const MadeSection index_ = MadeIndex({{kTame, tame_}, {kWild, wild_}});
};

TEST_F(MadeFramesTest, OnlyTheEntriesThatTheIndexNamesAreAskedFor) {
  const auto frames = Open({index_, frames_.Table()});
  ASSERT_NE(frames, nullptr);
  EXPECT_TRUE(frames->RowAt(kTame));
  EXPECT_FALSE(frames->RowAt(kWild));
}

TEST_F(MadeFramesTest, WithoutAnIndexAllMustBeTame) {
  EXPECT_EQ(Open({frames_.Table()}), nullptr);
  const auto frames = Open({only_tame_.Table()});
  ASSERT_NE(frames, nullptr);
  EXPECT_TRUE(frames->RowAt(kTame));
}

// libdw looks into no index behind the table, nor into another table's: it would find the entry
// that the index hides.
TEST_F(MadeFramesTest, AnIndexThatLibdwPassesOverSaysNothing) {
  const MadeSection hides = MadeIndex({{kTame, tame_}, {kWild, tame_}});
  EXPECT_EQ(Open({frames_.Table(), hides}), nullptr);
  const MadeSection of_another = MadeIndex({{kTame, tame_}, {kWild, tame_}}, 0x3000);
  EXPECT_EQ(Open({of_another, frames_.Table()}), nullptr);
  const auto frames = Open({only_tame_.Table(), hides});
  ASSERT_NE(frames, nullptr);
  EXPECT_TRUE(frames->RowAt(kTame));
  EXPECT_FALSE(frames->RowAt(kWild));
}

TEST_F(MadeFramesTest, AnIndexThatLibdwReadsOtherwiseIsNotFollowed) {
  EXPECT_EQ(Open({MadeIndex({{kWild, wild_}, {kTame, tame_}}), only_tame_.Table()}), nullptr)
      << "not sorted";
  MadeSection longer = index_;
  longer.bytes[8] = 100;
  EXPECT_EQ(Open({longer, only_tame_.Table()}), nullptr) << "cut";
  MadeSection other = index_;
  other.bytes[3] = 0x3c;
  EXPECT_EQ(Open({other, only_tame_.Table()}), nullptr) << "of 8 bytes";
  EXPECT_EQ(Open({{".eh_frame_hdr", "", 0x1000}, only_tame_.Table()}), nullptr) << "empty";
}

TEST_F(MadeFramesTest, OfTwoTablesNoneIsTaken) {
  EXPECT_EQ(Open({only_tame_.Table(), frames_.Table()}), nullptr);
  EXPECT_EQ(Open({MadeIndex({{kTame, tame_}}), index_, only_tame_.Table()}), nullptr);
}

TEST_F(MadeFramesTest, AnIndexWithoutEntriesIsPassedOver) {
  MadeSection index = index_;
  index.bytes = index.bytes.substr(0, 8);
  index.bytes[2] = index.bytes[3] = '\xff';
  EXPECT_EQ(Open({index, frames_.Table()}), nullptr);
  EXPECT_NE(Open({index, only_tame_.Table()}), nullptr);
}

}  // namespace
}  // namespace spyhop
