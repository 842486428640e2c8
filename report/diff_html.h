// A comparison of two profiles as an HTML report: that of the later one, with a flame graph
// coloured by what its frames gained or lost. Costs what the report costs, and a look at each
// earlier stack.
#ifndef SPYHOP_REPORT_DIFF_HTML_H_
#define SPYHOP_REPORT_DIFF_HTML_H_

#include "report/sink.h"
#include "report/view.h"
#include "sampler/profile/profile.h"

namespace spyhop {

// Time before is scaled to the duration after. `after` gets the earlier one's stacks, without time.
void WriteDiffHtml(const Profile& before, Profile after, const ViewOptions& options, Sink& sink);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_DIFF_HTML_H_
