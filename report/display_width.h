// How many columns a text takes on a terminal, and cutting or padding it to a number of columns.
//
// Own tables (Unicode's East Asian Width), so the answer does not hang on the locale. Expects text
// that EscapeForTerminal has made safe: no control characters. Terminals differ on emoji sequences;
// each code point counts for itself here.
#ifndef SPYHOP_REPORT_DISPLAY_WIDTH_H_
#define SPYHOP_REPORT_DISPLAY_WIDTH_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace spyhop {

size_t DisplayWidth(std::string_view text);

// At most `width` columns: the rest is cut off at the right (left), ".." marks the place.
std::string CutRight(std::string_view text, size_t width);
std::string CutLeft(std::string_view text, size_t width);

// Blanks added at the right until the text takes `width` columns.
std::string PadRight(std::string text, size_t width);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_DISPLAY_WIDTH_H_
