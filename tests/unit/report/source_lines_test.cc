#include "report/source_lines.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

namespace spyhop {
namespace {

using testing::ElementsAre;

ScopedFd OpenHere(int, const std::string& path) {
  return ScopedFd(open(path.c_str(), O_RDONLY | O_NONBLOCK));
}

class SourceLinesTest : public testing::Test {
 protected:
  SourceLinesTest() : path_(testing::TempDir() + "spyhop_source_lines.py") {}
  ~SourceLinesTest() override { unlink(path_.c_str()); }

  void Write(const std::string& text) const {
    FILE* file = fopen(path_.c_str(), "w");
    fwrite(text.data(), 1, text.size(), file);
    fclose(file);
  }

  std::string path_;
};

TEST_F(SourceLinesTest, FindsALineFarDown) {
  std::string text;
  for (int i = 1; i <= 100'003; ++i) text += "line " + std::to_string(i) + "\n";
  Write(text);
  EXPECT_THAT(ReadSourceLines(OpenHere, {{1, path_, 100'003}, {1, path_, 1}, {1, path_, 100'004}}),
              ElementsAre("line 100003", "line 1", ""));
}

TEST_F(SourceLinesTest, CutsALongLineAndReadsOnAfterIt) {
  Write("x = '" + std::string(300'000, 'y') + "'\nlast");
  const std::vector<std::string> lines =
      ReadSourceLines(OpenHere, {{1, path_, 1}, {1, path_, 2}, {1, path_, 2}});
  EXPECT_EQ(lines[0].size(), 400u);
  EXPECT_THAT(lines[0], testing::StartsWith("x = 'yyy"));
  EXPECT_EQ(lines[1], "last");
  EXPECT_EQ(lines[2], "last");
}

TEST_F(SourceLinesTest, DoesNotReadWhatIsNoFile) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0644), 0);
  EXPECT_THAT(ReadSourceLines(OpenHere, {{1, path_, 1},
                                         {1, "/dev/zero", 1},
                                         {1, "/tmp", 1},
                                         {1, "<string>", 1},
                                         {1, "", 1},
                                         {1, "/nothing", 1}}),
              ElementsAre("", "", "", "", "", ""));
}

TEST_F(SourceLinesTest, ReadsAWholeFileWithItsIndentation) {
  Write("def f():\r\n\treturn 1  \n\n" + std::string(500, 'x') + "\nlast");
  EXPECT_THAT(*ReadSourceFile(OpenHere, 1, path_, 1000),
              ElementsAre("def f():", "\treturn 1", "", std::string(400, 'x'), "last"));
}

TEST_F(SourceLinesTest, ReadsNoWholeFileThatIsTooLargeOrNoText) {
  Write("12345");
  EXPECT_TRUE(ReadSourceFile(OpenHere, 1, path_, 5).has_value());
  EXPECT_FALSE(ReadSourceFile(OpenHere, 1, path_, 4).has_value());
  Write(std::string("a\0b", 3));
  EXPECT_FALSE(ReadSourceFile(OpenHere, 1, path_, 100).has_value());
  for (const char* name : {"/dev/zero", "/tmp", "<string>", "", "/nothing"}) {
    EXPECT_FALSE(ReadSourceFile(OpenHere, 1, name, 100).has_value()) << name;
  }
}

TEST_F(SourceLinesTest, DoesNotShowRootsSecrets) {
  if (geteuid() != 0) GTEST_SKIP() << "only the superuser can read them";
  Write("secret\n");
  ASSERT_EQ(chmod(path_.c_str(), 0640), 0);
  EXPECT_THAT(ReadSourceLines(OpenHere, {{1, path_, 1}}), ElementsAre(""));
  EXPECT_FALSE(ReadSourceFile(OpenHere, 1, path_, 100).has_value());
}

}  // namespace
}  // namespace spyhop
