#include "report/escape.h"

#include <gtest/gtest.h>

#include "report/utf8.h"

namespace spyhop {
namespace {

TEST(EscapeForTerminal, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(EscapeForTerminal("<listcomp> Größe 漢字 🐍 \\ \"x\""),
            "<listcomp> Größe 漢字 🐍 \\ \"x\"");
}

TEST(EscapeForTerminal, ShowsAnsiSequencesInsteadOfObeyingThem) {
  EXPECT_EQ(EscapeForTerminal("\x1b[2J\x1b]0;title\x07"), "\\x1b[2J\\x1b]0;title\\x07");
  EXPECT_EQ(EscapeForTerminal("a\nb\rc\td\x7f"), "a\\nb\\rc\\td\\x7f");
  EXPECT_EQ(EscapeForTerminal(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(EscapeForTerminal("\xC2\x9B"
                              "31m"),
            "\\u009b31m");  // C1's CSI
}

TEST(EscapeForTerminal, ShowsDirectionOverrides) {
  EXPECT_EQ(EscapeForTerminal("a\u202Eb\u2066c\uFEFF\u200B"), "a\\u202eb\\u2066c\\ufeff\\u200b");
  EXPECT_EQ(EscapeForTerminal("\U000E0041"), "\\U000e0041");
}

TEST(EscapeForTerminal, ReplacesInvalidUtf8) {
  EXPECT_EQ(EscapeForTerminal("a\xFF\xC0\xAF"), "a\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(EscapeForTerminal("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");  // a lone surrogate
  EXPECT_EQ(EscapeForTerminal("\xF0\x9F\x90"), "\uFFFD");              // cut
}

TEST(EscapeForTerminal, EscapesWhatTheFormatNeedsToo) {
  EXPECT_EQ(EscapeForTerminal("a;b c", ";"), "a\\x3bb c");
}

TEST(DecodeUtf8, AgreesWithTheDefinitionOnEveryCodePoint) {
  for (char32_t code = 0x800; code < 0x110000; code += 17) {
    std::string text;
    if (code >= 0x10000) {
      text += static_cast<char>(0xF0 | code >> 18);
      text += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    } else {
      text += static_cast<char>(0xE0 | code >> 12);
    }
    text += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    text += static_cast<char>(0x80 | (code & 0x3F));
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    const Utf8Char decoded = DecodeUtf8(text);
    ASSERT_EQ(decoded.valid, !surrogate) << std::hex << static_cast<unsigned>(code);
    if (!surrogate) {
      ASSERT_EQ(decoded.code, code);
    }
  }
  EXPECT_FALSE(DecodeUtf8("\xF4\x90\x80\x80").valid);
  EXPECT_FALSE(DecodeUtf8("\xE0\x9F\xBF").valid);
}

TEST(Utf8Prefix, DoesNotCutACharacter) {
  EXPECT_EQ(Utf8Prefix("aé漢", 100), "aé漢");
  EXPECT_EQ(Utf8Prefix("aé漢", 2), "a");
  EXPECT_EQ(Utf8Prefix("aé漢", 3), "aé");
  EXPECT_EQ(Utf8Prefix("aé漢", 5), "aé");
  EXPECT_EQ(Utf8Prefix("\x80\x80\x80\x80\x80\x80", 5).size(), 2u);
}

}  // namespace
}  // namespace spyhop
