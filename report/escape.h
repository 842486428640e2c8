// Makes names of the target safe to show. They may hold anything: terminal escapes, newlines, NUL,
// text direction overrides, broken UTF-8.
#ifndef SPYHOP_REPORT_ESCAPE_H_
#define SPYHOP_REPORT_ESCAPE_H_

#include <string>
#include <string_view>

namespace spyhop {

// For a person's terminal: control characters become visible (`\n`, `\x1b`, `\u202e`), invalid
// UTF-8 becomes U+FFFD, all else stays. The result is one line of valid UTF-8.
std::string EscapeForTerminal(std::string_view text);

// The same, and every character of `also` (ASCII) becomes `\x..`: for formats where it separates.
std::string EscapeForTerminal(std::string_view text, std::string_view also);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_ESCAPE_H_
