#include "sampler/python/text_repr.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_format.h"

namespace spyhop {
namespace {

struct Range {
  uint32_t first;
  uint32_t last;
};

#include "sampler/python/printable_table.inc"

bool IsPrintable(uint32_t c) {
  if (c < 0x80) return c >= ' ' && c < 0x7F;
  const auto after = std::upper_bound(std::begin(kNotPrintable), std::end(kNotPrintable), c,
                                      [](uint32_t code, const Range& r) { return code < r.first; });
  return after == std::begin(kNotPrintable) || std::prev(after)->last < c;
}

// unicode_repr (Objects/unicodeobject.c), PyBytes_Repr (Objects/bytesobject.c): double quotes where
// there are single ones inside and no double ones.
class Quotes {
 public:
  void See(uint32_t c) {
    single_ |= c == '\'';
    double_ |= c == '"';
  }
  char mark() const { return single_ && !double_ ? '"' : '\''; }

 private:
  bool single_ = false;
  bool double_ = false;
};

// False when it was not one that has an escape of its own.
bool AppendUsualEscape(uint32_t c, char quote, std::string& out) {
  const auto escape = [&out](char name) {
    out.push_back('\\');
    out.push_back(name);
    return true;
  };
  if (c == '\\' || c == static_cast<uint32_t>(quote)) return escape(static_cast<char>(c));
  if (c == '\t') return escape('t');
  if (c == '\n') return escape('n');
  if (c == '\r') return escape('r');
  return false;
}

void AppendCharacter(uint32_t c, char quote, bool ascii_only, std::string& out) {
  if (AppendUsualEscape(c, quote, out)) return;
  if (IsPrintable(c) && (c < 0x80 || !ascii_only)) return AppendUtf8(c, out);
  if (c <= 0xFF) {
    absl::StrAppendFormat(&out, "\\x%02x", c);
  } else if (c <= 0xFFFF) {
    absl::StrAppendFormat(&out, "\\u%04x", c);
  } else {
    absl::StrAppendFormat(&out, "\\U%08x", c);
  }
}

// `append` writes one character at a time.
template <typename Characters, typename Append>
std::string Quoted(const Characters& characters, bool more, size_t max_bytes, Append append) {
  Quotes quotes;
  for (const uint32_t c : characters) quotes.See(c);
  const char quote = quotes.mark();
  std::string out(1, quote);
  for (const uint32_t c : characters) {
    const size_t before = out.size();
    append(c, quote, out);
    if (out.size() > max_bytes) {
      out.resize(before);
      more = true;
      break;
    }
  }
  out.push_back(quote);
  if (more) out.append(kLeftOut);
  return out;
}

}  // namespace

std::string StrRepr(absl::Span<const uint8_t> bytes, TextUnits units, bool ascii_only, bool more,
                    size_t max_bytes) {
  return Quoted(CodePoints(bytes, units), more, max_bytes,
                [ascii_only](uint32_t c, char quote, std::string& out) {
                  AppendCharacter(c, quote, ascii_only, out);
                });
}

std::string BytesRepr(absl::Span<const uint8_t> bytes, bool escape_single, bool more,
                      size_t max_bytes) {
  return Quoted(bytes, more, max_bytes, [escape_single](uint32_t c, char quote, std::string& out) {
    if (escape_single && c == '\'') {
      out.append("\\'");
    } else {
      AppendCharacter(c, quote, /*ascii_only=*/true, out);
    }
  });
}

}  // namespace spyhop
