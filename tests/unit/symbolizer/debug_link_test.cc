#include "symbolizer/debug_link.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/symbolizer/open_elf.h"

namespace spyhop {
namespace {

TEST(DebugLink, NamesAFileAndItsCrc) {
  const auto file = OpenElf(SPYHOP_SOURCE_DIR "/tests/fuzz/corpus/elf_file/packed_and_linked");
  const std::optional<DebugLink> link = ReadDebugLink(*file);
  ASSERT_TRUE(link);
  EXPECT_EQ(link->name, "t.debug");
  EXPECT_NE(link->crc, 0u);
  EXPECT_FALSE(ReadDebugLink(*OpenElf("/proc/self/exe")));
}

TEST(DebugLink, CrcIsThatOfEthernet) {
  ScopedFd fd(memfd_create("crc", MFD_CLOEXEC));
  ASSERT_EQ(write(fd.get(), "123456789", 9), 9);
  EXPECT_EQ(CrcOf(fd.get()), 0xcbf43926u) << "the check value of CRC-32";
}

}  // namespace
}  // namespace spyhop
