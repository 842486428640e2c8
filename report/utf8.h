// Decodes UTF-8 that came from somebody else: names and source text of the target.
//
// Overlong forms, surrogates and values above U+10FFFF are invalid, as Unicode (table 3-7) has it.
#ifndef SPYHOP_REPORT_UTF8_H_
#define SPYHOP_REPORT_UTF8_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace spyhop {

struct Utf8Char {
  char32_t code = 0;  // U+FFFD when not valid
  size_t length = 0;  // bytes to skip; when not valid, those that began well ("maximal subpart")
  bool valid = false;
};

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";  // U+FFFD

// The first character of `text`, which must not be empty.
Utf8Char DecodeUtf8(std::string_view text);

// `text` with every invalid piece replaced by U+FFFD.
std::string ReplaceInvalidUtf8(std::string_view text);

// The longest piece of at most `limit` bytes from the start that does not cut a character.
std::string_view Utf8Prefix(std::string_view text, size_t limit);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_UTF8_H_
