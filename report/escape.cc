#include "report/escape.h"

#include "absl/strings/str_format.h"
#include "report/utf8.h"

namespace spyhop {
namespace {

// Characters that change how the text around them is shown: C1 controls, line and paragraph
// separators, bidirectional marks and overrides, invisible operators, tags, the byte order mark.
bool IsTreacherous(char32_t c) {
  return (c >= 0x80 && c <= 0x9F) || c == 0x061C || c == 0x200B || c == 0x200E || c == 0x200F ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
         (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE007F);
}

void AppendAscii(std::string& out, char c, std::string_view also) {
  switch (c) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (c < 0x20 || c == 0x7F || also.find(c) != std::string_view::npos) {
    absl::StrAppendFormat(&out, "\\x%02x", static_cast<unsigned char>(c));
  } else {
    out += c;
  }
}

}  // namespace

std::string EscapeForTerminal(std::string_view text) { return EscapeForTerminal(text, ""); }

std::string EscapeForTerminal(std::string_view text, std::string_view also) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Utf8Char c = DecodeUtf8(text);
    if (!c.valid) {
      out += kReplacementCharacter;
    } else if (c.length == 1) {
      AppendAscii(out, text[0], also);
    } else if (IsTreacherous(c.code)) {
      if (c.code > 0xFFFF) {
        absl::StrAppendFormat(&out, "\\U%08x", static_cast<unsigned>(c.code));
      } else {
        absl::StrAppendFormat(&out, "\\u%04x", static_cast<unsigned>(c.code));
      }
    } else {
      out += text.substr(0, c.length);
    }
    text.remove_prefix(c.length);
  }
  return out;
}

}  // namespace spyhop
