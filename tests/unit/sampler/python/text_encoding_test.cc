#include "sampler/python/text_encoding.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace spyhop {
namespace {

absl::Span<const uint8_t> BytesOf(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string FromUtf8(std::string_view text, size_t max_bytes = 100) {
  return ToUtf8(BytesOf(text), TextUnits::kUtf8, max_bytes);
}

std::string FromUnits(std::u16string_view text, TextUnits units) {
  return ToUtf8({reinterpret_cast<const uint8_t*>(text.data()), 2 * text.size()}, units, 100);
}

TEST(TextEncoding, KeepsWellFormedUtf8) {
  EXPECT_EQ(FromUtf8("a\u00e4\u20ac\U0001F40B"), "a\u00e4\u20ac\U0001F40B");
}

TEST(TextEncoding, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(FromUtf8("a\xFFz"), "a\uFFFDz");
  EXPECT_EQ(FromUtf8("\xC3"), "\uFFFD");
  EXPECT_EQ(FromUtf8("\xC0\xAF"), "\uFFFD\uFFFD") << "overlong";
  EXPECT_EQ(FromUtf8("\xED\xA0\x80"), "\uFFFD") << "a surrogate";
  EXPECT_EQ(FromUtf8("\xF4\x90\x80\x80"), "\uFFFD") << "above U+10FFFF";
}

TEST(TextEncoding, PairsSurrogatesOnlyInUtf16) {
  const std::u16string whale = u"\U0001F40B";
  EXPECT_EQ(FromUnits(whale, TextUnits::kUtf16), "\U0001F40B");
  EXPECT_EQ(FromUnits(whale, TextUnits::kUcs2), "\uFFFD\uFFFD");
  EXPECT_EQ(FromUnits(whale.substr(0, 1), TextUnits::kUtf16), "\uFFFD");
  EXPECT_EQ(FromUnits(whale.substr(1), TextUnits::kUtf16), "\uFFFD");
}

TEST(TextEncoding, ReplacesCodePointsOutOfRange) {
  const uint32_t units[] = {'a', 0x110000, 0xDC80};
  EXPECT_EQ(ToUtf8({reinterpret_cast<const uint8_t*>(units), sizeof(units)}, TextUnits::kUcs4, 100),
            "a\uFFFD\uFFFD");
}

TEST(TextEncoding, CutsAtACharacter) {
  EXPECT_EQ(FromUtf8("\u20ac\u20ac\u20ac", 8), "\u20ac\u2026");
  EXPECT_EQ(FromUtf8("\u20ac\u20ac\u20ac", 9), "\u20ac\u20ac\u20ac");
  EXPECT_EQ(ToUtf8(BytesOf("abcdef"), TextUnits::kLatin1, 6, /*more=*/true), "abc\u2026");
}

TEST(TextEncoding, IgnoresHalfAUnit) {
  EXPECT_EQ(ToUtf8(BytesOf({"a\0b", 3}), TextUnits::kUcs2, 100), "a");
}

}  // namespace
}  // namespace spyhop
