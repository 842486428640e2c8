#include "symbolizer/call_frames.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

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

}  // namespace
}  // namespace spyhop
