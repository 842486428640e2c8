#include "sampler/python/text_encoding.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace spyhop {
namespace {

constexpr uint32_t kReplacement = 0xFFFD;
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

bool IsHighSurrogate(uint32_t c) { return c >= 0xD800 && c < 0xDC00; }
bool IsLowSurrogate(uint32_t c) { return c >= 0xDC00 && c < 0xE000; }

// The code points of a byte string, one after the other.
class Decoder {
 public:
  Decoder(absl::Span<const uint8_t> bytes, TextUnits units) : bytes_(bytes), units_(units) {}

  bool at_end() const { return bytes_.size() - next_ < UnitSize(units_); }

  uint32_t Next() {
    if (units_ == TextUnits::kUtf8) return NextUtf8();
    const uint32_t unit = Unit(next_);
    next_ += UnitSize(units_);
    if (units_ == TextUnits::kUtf16 && IsHighSurrogate(unit) && !at_end()) {
      const uint32_t low = Unit(next_);
      if (IsLowSurrogate(low)) {
        next_ += UnitSize(units_);
        return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
      }
    }
    return unit;
  }

 private:
  uint32_t Unit(size_t at) const {
    uint32_t unit = 0;  // Little-endian on every platform Spyhop supports.
    std::memcpy(&unit, bytes_.data() + at, UnitSize(units_));
    return unit;
  }

  // One character, or U+FFFD for one byte that does not begin a well-formed one (RFC 3629).
  uint32_t NextUtf8() {
    const uint8_t first = bytes_[next_++];
    if (first < 0x80) return first;
    const size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    if (first < 0xC2 || first > 0xF4 || bytes_.size() - next_ < more) return kReplacement;
    uint32_t c = first & (0x3Fu >> more);
    for (size_t i = 0; i < more; ++i) {
      const uint8_t byte = bytes_[next_ + i];
      if ((byte & 0xC0) != 0x80) return kReplacement;
      c = c << 6 | (byte & 0x3F);
    }
    const uint32_t least = more == 3 ? 0x10000 : more == 2 ? 0x800 : 0x80;
    if (c < least) return kReplacement;
    next_ += more;
    return c;
  }

  absl::Span<const uint8_t> bytes_;
  TextUnits units_;
  size_t next_ = 0;
};

// Cuts well-formed UTF-8 at a character so that it and the ellipsis fit.
void CutWithEllipsis(std::string& text, size_t max_bytes) {
  size_t end = std::min(text.size(), max_bytes - std::min(max_bytes, kEllipsis.size()));
  while (end > 0 && end < text.size() && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  text.append(kEllipsis);
}

}  // namespace

void AppendUtf8(uint32_t code_point, std::string& out) {
  const bool bad =
      code_point > 0x10FFFF || IsHighSurrogate(code_point) || IsLowSurrogate(code_point);
  const uint32_t c = bad ? kReplacement : code_point;
  const auto put = [&out](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xC0 | c >> 6);
  } else {
    if (c < 0x10000) {
      put(0xE0 | c >> 12);
    } else {
      put(0xF0 | c >> 18);
      put(0x80 | (c >> 12 & 0x3F));
    }
    put(0x80 | (c >> 6 & 0x3F));
  }
  put(0x80 | (c & 0x3F));
}

std::vector<uint32_t> CodePoints(absl::Span<const uint8_t> bytes, TextUnits units) {
  std::vector<uint32_t> points;
  points.reserve(bytes.size() / UnitSize(units));
  Decoder decoder(bytes, units);
  while (!decoder.at_end()) points.push_back(decoder.Next());
  return points;
}

std::string ToUtf8(absl::Span<const uint8_t> bytes, TextUnits units, size_t max_bytes, bool more) {
  std::string out;
  out.reserve(std::min(bytes.size(), max_bytes) + kEllipsis.size() + 1);
  Decoder decoder(bytes, units);
  while (!decoder.at_end() && out.size() <= max_bytes) AppendUtf8(decoder.Next(), out);
  if (more || out.size() > max_bytes) CutWithEllipsis(out, max_bytes);
  return out;
}

}  // namespace spyhop
