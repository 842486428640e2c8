#include "report/text_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "report/display_width.h"

namespace spyhop {
namespace {

using Fit = TextColumn::Fit;

TEST(DisplayWidth, CountsWideAndCombiningCharactersAsShown) {
  EXPECT_EQ(DisplayWidth("abc"), 3u);
  EXPECT_EQ(DisplayWidth("漢字"), 4u);
  EXPECT_EQ(DisplayWidth("ｱ"), 1u);  // half-width katakana
  EXPECT_EQ(DisplayWidth("e\u0301"), 1u);
  EXPECT_EQ(DisplayWidth("🐍"), 2u);
  EXPECT_EQ(DisplayWidth("한글"), 4u);
  EXPECT_EQ(DisplayWidth("\u1112\u1161"), 2u);  // one syllable of two conjoining jamo
}

TEST(DisplayWidth, CutsAtWholeCharacters) {
  EXPECT_EQ(CutRight("漢字漢字", 5), "漢..");
  EXPECT_EQ(CutLeft("漢字漢字", 5), "..字");
  EXPECT_EQ(CutLeft("漢字漢字", 6), "..漢字");
  EXPECT_EQ(CutRight("abcdef", 6), "abcdef");
  EXPECT_EQ(CutRight("abcdef", 5), "abc..");
  EXPECT_EQ(CutLeft("/long/path/app.py", 8), "..app.py");
  EXPECT_EQ(CutRight("abc", 1), ".");
  EXPECT_EQ(CutRight("abc", 0), "");
}

TEST(DisplayWidth, NeverExceedsTheWidthAsked) {
  const std::string text = "aé漢e\u0301🐍/字x";
  for (size_t width = 0; width < 16; ++width) {
    EXPECT_LE(DisplayWidth(CutRight(text, width)), width);
    EXPECT_LE(DisplayWidth(CutLeft(text, width)), width);
    EXPECT_GE(DisplayWidth(PadRight(text, width)), width);
  }
}

std::string Written(const TextTable& table, size_t width, bool color = false) {
  StringSink sink;
  table.Write(sink, width, color);
  return sink.text();
}

TextTable Sample() {
  TextTable table({{"n"}, {"path", Fit::kCutLeft, 6}, {"text", Fit::kCutRight, 6, 200, true}});
  table.AddRow({"1", "/a/b/漢字.py:1", "x = 1"});
  table.AddRow({"22", "c.py:2", "something much longer"}, true);
  return table;
}

TEST(TextTable, AlignsByWhatIsShown) {
  EXPECT_EQ(Written(Sample(), 0),
            " n  path            text\n"
            " 1  /a/b/漢字.py:1  x = 1\n"
            "22  c.py:2          something much longer\n");
}

TEST(TextTable, FitsAnyTerminalThatIsWideEnough) {
  for (size_t width = 10; width < 60; ++width) {
    const std::string text = Written(Sample(), width);
    for (const absl::string_view line : absl::StrSplit(text, '\n')) {
      EXPECT_LE(DisplayWidth(std::string(line)), width) << text;
    }
  }
}

TEST(TextTable, LeavesOutAnOptionalColumnBeforeTheRestIsUnreadable) {
  EXPECT_EQ(Written(Sample(), 20),
            " n  path\n"
            " 1  /a/b/漢字.py:1\n"
            "22  c.py:2\n");
}

TEST(TextTable, LeavesOutSpareColumnsOnlyWhenNotEvenTheLeastFits) {
  TextTable table({{.title = "one", .spare = 1},
                   {.title = "two", .spare = 2},
                   {.title = "n"},
                   {"path", Fit::kCutLeft, 6}});
  table.AddRow({"1", "2", "3", "/a/b/cccc.py"});
  EXPECT_EQ(Written(table, 19), "one  two  n  path\n  1    2  3  ..c.py\n");
  EXPECT_EQ(Written(table, 18), "one  n  path\n  1  3  ../cccc.py\n");
  EXPECT_EQ(Written(table, 9), "n  path\n3  ..c.py\n");
}

TEST(TextTable, ColoursOnlyWhenAsked) {
  EXPECT_THAT(Written(Sample(), 0, true), testing::HasSubstr("\x1b[1m22  c.py:2"));
  EXPECT_THAT(Written(Sample(), 0, false), testing::Not(testing::HasSubstr("\x1b")));
}

}  // namespace
}  // namespace spyhop
