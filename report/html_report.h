// Format `html`: one page that holds everything, for a browser without a network.
//
// The page (report/html/) is the same for every profile; what was sampled is a block of JSON in it,
// see html_data.h. Its Content-Security-Policy allows nothing but its own script and style, by
// their hashes. Costs what the data costs.
#ifndef SPYHOP_REPORT_HTML_REPORT_H_
#define SPYHOP_REPORT_HTML_REPORT_H_

#include "report/html_data.h"
#include "report/sink.h"
#include "report/view.h"
#include "sampler/profile/profile.h"

namespace spyhop {

void WriteHtmlReport(const Profile& profile, const ViewOptions& options, Sink& sink);

// The same with colours for what has changed since `before`.
void WriteHtmlReport(const Profile& profile, const ViewOptions& options, const BeforeTimes& before,
                     Sink& sink);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_HTML_REPORT_H_
