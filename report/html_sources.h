// The source text that the HTML report embeds: whole files (up to 300 KB each and 4 MB in all,
// those with the most self time first), of others the lines that have time; nothing without an
// opener. What may be read is up to source_lines.h.
#ifndef SPYHOP_REPORT_HTML_SOURCES_H_
#define SPYHOP_REPORT_HTML_SOURCES_H_

#include <string>
#include <vector>

#include "report/source_lines.h"
#include "sampler/profile/line_profile.h"
#include "sampler/profile/profile.h"

namespace spyhop {

struct HtmlSource {
  int pid = 0;
  StringId file{};
  std::vector<int> numbers;        // of the lines below; empty: all lines of the file
  std::vector<std::string> lines;  // for display: escaped, tabs expanded
};

// Of the files of `rows`' Python lines.
std::vector<HtmlSource> ReadHtmlSources(const Profile& profile, const std::vector<LineRow>& rows,
                                        const SourceOpener& open);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_HTML_SOURCES_H_
