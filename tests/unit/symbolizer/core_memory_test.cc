#include "symbolizer/core_memory.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/unit/symbolizer/made_core.h"

namespace spyhop {
namespace {

AddressRange Range(uint64_t begin, uint64_t end) {
  return {RemoteAddress(begin), RemoteAddress(end)};
}

class CoreMemoryTest : public testing::Test {
 protected:
  void Open(const std::vector<MadeSegment>& segments, size_t cut = 0) {
    std::string bytes = MadeCore(MadeThread(1), segments);
    bytes.resize(bytes.size() - cut);
    core_ = OpenMadeCore(bytes);
    ASSERT_TRUE(core_.ok()) << core_.status();
    memory_.emplace(*core_);
  }

  std::string Read(uint64_t address, size_t size) {
    std::string bytes(size, '?');
    bytes.resize(memory_->ReadSome(RemoteAddress(address), bytes.data(), size));
    return bytes;
  }

  int File(const std::string& bytes) {
    files_.emplace_back(memfd_create("file", MFD_CLOEXEC));
    EXPECT_EQ(write(files_.back().get(), bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
    return files_.back().get();
  }

  absl::StatusOr<CoreFile> core_;
  std::optional<CoreMemory> memory_;
  std::vector<ScopedFd> files_;
};

TEST_F(CoreMemoryTest, ReadsWhatWasWritten) {
  Open({{0x1000, 0x10, "0123456789abcdef"}, {0x2000, 0x4, "wxyz"}});
  EXPECT_EQ(Read(0x1004, 4), "4567");
  EXPECT_EQ(Read(0x100e, 4), "ef");
  EXPECT_EQ(Read(0x2000, 4), "wxyz");
  EXPECT_EQ(Read(0xfff, 4), "");
  EXPECT_EQ(Read(UINT64_MAX - 1, 4), "");
}

TEST_F(CoreMemoryTest, ReadsOnIntoTheNextSegment) {
  Open({{0x1000, 0x4, "abcd"}, {0x1004, 0x4, "efgh"}});
  EXPECT_EQ(Read(0x1002, 4), "cdef");
}

TEST_F(CoreMemoryTest, ReadsFromTheFileOnlyWhatWasLeftOut) {
  Open({{0x1000, 0x8, "WR"}, {0x1008, 0x2, "XY"}});
  memory_->AddFile(Range(0x1000, 0x1010), File("--0123456789abcdef"), 2);
  EXPECT_EQ(Read(0x1000, 16), "WR234567XYabcdef");
}

// Pages that were left out and are no file's, and those that a cut has taken: the file has what was
// there before the process wrote to it.
TEST_F(CoreMemoryTest, DoesNotMakeUpWhatIsMissing) {
  Open({{0x1000, 0x1000, ""}, {.address = 0x3000, .size = 8, .bytes = "modified"}}, 4);
  memory_->AddFile(Range(0x3000, 0x3008), File("original"), 0);
  EXPECT_EQ(Read(0x1000, 4), "");
  EXPECT_EQ(Read(0x3000, 8), "modi");
}

TEST_F(CoreMemoryTest, LeavesOutFilesThatOverlapOrEndEarly) {
  Open({});
  memory_->AddFile(Range(0x2000, 0x3000), File("second"), 0);
  memory_->AddFile(Range(0x1000, 0x2000), File("first"), 0);
  memory_->AddFile(Range(0x1800, 0x2800), File("third"), 0);
  memory_->AddFile(Range(0x4000, 0x5000), File("x"), UINT64_MAX - 5);
  EXPECT_EQ(Read(0x1000, 8), "first");
  EXPECT_EQ(Read(0x2000, 8), "second");
  EXPECT_EQ(Read(0x1800, 8), "");
  EXPECT_EQ(Read(0x4000, 8), "");
}

TEST_F(CoreMemoryTest, AFailedRequestDoesNotHinderThoseAfterIt) {
  Open({{0x1000, 0x4, "abcd"}});
  char first = 0;
  char second = 0;
  ReadRequest batch[] = {{RemoteAddress(0x9000), &first, 1, 0},
                         {RemoteAddress(0x1001), &second, 1, 0}};
  EXPECT_EQ(memory_->ReadBatch(absl::MakeSpan(batch)), 1u);
  EXPECT_FALSE(batch[0].complete());
  EXPECT_EQ(second, 'b');
}

}  // namespace
}  // namespace spyhop
