// JitNames of this test's own process, which writes its perf map as a compiler at run time would.
#include "sampler/jit_names.h"
#include "sampler/target/process_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace spyhop {
namespace {

class JitNamesTest : public ::testing::Test {
 protected:
  ~JitNamesTest() override { std::remove(path_.c_str()); }

  void Append(const std::string& text) { std::ofstream(path_, std::ios::app) << text; }
  std::string NameAt(uint64_t address, Nanos now) {
    const PerfMap::Function* found = names_.At(RemoteAddress(address), now);
    return found == nullptr ? "" : found->name;
  }

  const std::string path_ = "/tmp/perf-" + std::to_string(getpid()) + ".map";
  const ProcessFiles files_{getpid()};
  JitNames names_{files_};
};

TEST_F(JitNamesTest, AFileThatGrowsIsReadOnAtMostOnceASecond) {
  EXPECT_EQ(NameAt(0x1000, 0), "") << "there is no file yet";
  Append("1000 10 f\n2000 10 half of a ");
  EXPECT_EQ(NameAt(0x1000, kSecond - 1), "");
  EXPECT_EQ(NameAt(0x1000, kSecond), "f");
  EXPECT_EQ(NameAt(0x2000, kSecond), "");
  Append("line\n3000 10 g\n");
  EXPECT_EQ(NameAt(0x2000, 2 * kSecond), "half of a line");
  EXPECT_EQ(NameAt(0x3000, 2 * kSecond), "g");
}

TEST_F(JitNamesTest, GarbageIsReadOnceAndTellsNothing) {
  Append(std::string(3 << 20, '\xff'));
  EXPECT_EQ(NameAt(0x1000, 0), "");
  Append("\n1000 10 f\n");
  EXPECT_EQ(NameAt(0x1000, kSecond / 2), "");
  EXPECT_EQ(NameAt(0x1000, kSecond), "");
  EXPECT_EQ(NameAt(0x1000, 2 * kSecond), "f") << "a piece at a time";
}

TEST_F(JitNamesTest, AFileOfAnotherUserIsNotRead) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  Append("1000 10 f\n");
  ASSERT_EQ(chown(path_.c_str(), 12345, 0), 0);
  EXPECT_EQ(NameAt(0x1000, 0), "");
}

}  // namespace
}  // namespace spyhop
