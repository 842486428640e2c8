#include "report/display_width.h"

#include <algorithm>
#include <iterator>

#include "report/utf8.h"

namespace spyhop {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};
#include "report/display_width_table.inc"

constexpr std::string_view kCut = "..";

template <size_t N>
bool Contains(const Range (&ranges)[N], char32_t code) {
  const auto after = std::upper_bound(std::begin(ranges), std::end(ranges), code,
                                      [](char32_t c, const Range& r) { return c < r.first; });
  return after != std::begin(ranges) && code <= std::prev(after)->last;
}

size_t WidthOf(char32_t code) {
  if (code < 0x300) return 1;
  if (Contains(kZeroWidth, code)) return 0;
  return Contains(kWide, code) ? 2 : 1;
}

// Bytes of the longest prefix that takes at most `width` columns.
size_t PrefixBytes(std::string_view text, size_t width) {
  size_t bytes = 0;
  while (bytes < text.size()) {
    const Utf8Char c = DecodeUtf8(text.substr(bytes));
    const size_t columns = WidthOf(c.code);
    if (columns > width) break;
    width -= columns;
    bytes += c.length;
  }
  return bytes;
}

}  // namespace

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const Utf8Char c = DecodeUtf8(text);
    width += WidthOf(c.code);
    text.remove_prefix(c.length);
  }
  return width;
}

std::string CutRight(std::string_view text, size_t width) {
  if (PrefixBytes(text, width) == text.size()) return std::string(text);
  if (width <= kCut.size()) return std::string(kCut.substr(0, width));
  return std::string(text.substr(0, PrefixBytes(text, width - kCut.size()))).append(kCut);
}

std::string CutLeft(std::string_view text, size_t width) {
  size_t columns = DisplayWidth(text);
  if (columns <= width) return std::string(text);
  if (width <= kCut.size()) return std::string(kCut.substr(0, width));
  // Marks that would join the last cut character go with it.
  while (!text.empty()) {
    const Utf8Char c = DecodeUtf8(text);
    if (columns <= width - kCut.size() && WidthOf(c.code) != 0) break;
    columns -= WidthOf(c.code);
    text.remove_prefix(c.length);
  }
  return std::string(kCut).append(text);
}

std::string PadRight(std::string text, size_t width) {
  const size_t columns = DisplayWidth(text);
  if (columns < width) text.append(width - columns, ' ');
  return text;
}

}  // namespace spyhop
