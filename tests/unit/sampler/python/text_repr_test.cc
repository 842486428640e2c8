#include "sampler/python/text_repr.h"

#include <string_view>

#include "gtest/gtest.h"

namespace spyhop {
namespace {

constexpr size_t kAll = 1000;

absl::Span<const uint8_t> Span(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string Str(std::u32string_view text, bool ascii_only = false) {
  return StrRepr({reinterpret_cast<const uint8_t*>(text.data()), text.size() * 4}, TextUnits::kUcs4,
                 ascii_only, false, kAll);
}

TEST(StrRepr, ChoosesTheQuotes) {
  EXPECT_EQ(Str(U"it"), "'it'");
  EXPECT_EQ(Str(U"it's"), "\"it's\"");
  EXPECT_EQ(Str(U"\"it's\""), "'\"it\\'s\"'");
}

TEST(StrRepr, EscapesWhatCannotBePrinted) {
  EXPECT_EQ(Str(U"\t\n\r\\\x01\x7f"), R"('\t\n\r\\\x01\x7f')");
  EXPECT_EQ(Str(U"\u202e\xa0\ue000\U0010ffff"), R"('\u202e\xa0\ue000\U0010ffff')");
  EXPECT_EQ(Str(U"\u00e4\u20ac\U0001F600"), "'\u00e4\u20ac\U0001F600'");
  const char32_t surrogate[] = {0xD800, 0};
  EXPECT_EQ(Str(surrogate), R"('\ud800')");
}

TEST(StrRepr, OfPython2IsAscii) {
  EXPECT_EQ(Str(U"\u00e4\u20ac\U0001F600", true), R"('\xe4\u20ac\U0001f600')");
}

TEST(StrRepr, CutsAtACharacterAndSaysSo) {
  EXPECT_EQ(StrRepr(Span("abcdef"), TextUnits::kLatin1, false, false, 4), "'abc'\u2026");
  EXPECT_EQ(StrRepr(Span("a\n\n"), TextUnits::kLatin1, false, false, 5), "'a\\n'\u2026");
  EXPECT_EQ(StrRepr(Span("ab"), TextUnits::kLatin1, false, true, kAll), "'ab'\u2026");
}

TEST(BytesRepr, EscapesAllButAscii) {
  EXPECT_EQ(BytesRepr(Span("a\xff'"), false, false, kAll), R"("a\xff'")");
  EXPECT_EQ(BytesRepr(Span("it's"), true, false, kAll), R"("it\'s")");
}

}  // namespace
}  // namespace spyhop
