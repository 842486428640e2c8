// Strings as CPython stores them -> UTF-8 that can be shown: pure functions over copied bytes.
//
// Input is hostile: unpaired surrogates, code points out of range and bytes that are not UTF-8
// become U+FFFD. Output longer than `max_bytes` is cut at a character and ends in an ellipsis; a
// caller that itself read only a part says so with `more`. Linear in the input.
#ifndef SPYHOP_SAMPLER_PYTHON_TEXT_ENCODING_H_
#define SPYHOP_SAMPLER_PYTHON_TEXT_ENCODING_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"

namespace spyhop {

// Width of a code unit and how units make characters.
enum class TextUnits : uint8_t {
  kLatin1,  // PEP 393 kind 1
  kUcs2,    // PEP 393 kind 2: surrogates never pair up
  kUcs4,    // PEP 393 kind 4; unicode of a 2.7 built with UCS4
  kUtf16,   // unicode of a 2.7 built with UCS2
  kUtf8,    // str of 2.7, char* names, ascii
};

constexpr size_t UnitSize(TextUnits units) {
  return units == TextUnits::kUcs4                                 ? 4
         : units == TextUnits::kUcs2 || units == TextUnits::kUtf16 ? 2
                                                                   : 1;
}

// The code points of `bytes`: unpaired surrogates stay what they are.
std::vector<uint32_t> CodePoints(absl::Span<const uint8_t> bytes, TextUnits units);

// A surrogate, or what is no code point, becomes U+FFFD.
void AppendUtf8(uint32_t code_point, std::string& out);

std::string ToUtf8(absl::Span<const uint8_t> bytes, TextUnits units, size_t max_bytes,
                   bool more = false);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_TEXT_ENCODING_H_
