// Texts as Python's `repr` writes them: quotes chosen, what cannot be printed escaped. Pure
// functions over copied bytes, linear in them.
//
// What comes out is valid UTF-8 without control characters. Where it gets longer than `max_bytes`,
// or there was more to begin with, the text is cut and an ellipsis follows the closing quote.
#ifndef SPYHOP_SAMPLER_PYTHON_TEXT_REPR_H_
#define SPYHOP_SAMPLER_PYTHON_TEXT_REPR_H_

#include <string>

#include "absl/types/span.h"
#include "sampler/python/text_encoding.h"

namespace spyhop {

inline constexpr char kLeftOut[] = "\xE2\x80\xA6";

// A str: what Unicode calls printable stays. 2.7's unicode is written in ASCII.
std::string StrRepr(absl::Span<const uint8_t> bytes, TextUnits units, bool ascii_only, bool more,
                    size_t max_bytes);
// A bytes, without its prefix. A bytearray's single quotes are always escaped.
std::string BytesRepr(absl::Span<const uint8_t> bytes, bool escape_single, bool more,
                      size_t max_bytes);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_TEXT_REPR_H_
