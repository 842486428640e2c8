// The manual pages, in roff's man macros, out of what `--help` prints (help_page.h) and
// manual_text.h. Pure. Clean for `mandoc -Tlint` and `man --warnings`.
#ifndef SPYHOP_CLI_MAN_PAGE_H_
#define SPYHOP_CLI_MAN_PAGE_H_

#include <string>
#include <string_view>

namespace spyhop {

std::string ManPage();                            // spyhop(1)
std::string ManPageOf(std::string_view command);  // spyhop-COMMAND(1); "" when there is none

}  // namespace spyhop

#endif  // SPYHOP_CLI_MAN_PAGE_H_
