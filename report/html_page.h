// The HTML report's page without its data: report/html/ as cmake/embed_page.cmake puts it together
// when the library is built. The data block goes between the two.
#ifndef SPYHOP_REPORT_HTML_PAGE_H_
#define SPYHOP_REPORT_HTML_PAGE_H_

#include <string_view>

namespace spyhop {

std::string_view HtmlPageBeforeData();
std::string_view HtmlPageAfterData();

}  // namespace spyhop

#endif  // SPYHOP_REPORT_HTML_PAGE_H_
