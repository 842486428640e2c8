// A comparison of two profiles for machines: schema spyhop.diff/1, see docs/diff.md. All rows, also
// those that have not changed; heeds the filter of the options.
#ifndef SPYHOP_REPORT_DIFF_JSON_H_
#define SPYHOP_REPORT_DIFF_JSON_H_

#include "report/profile_diff.h"
#include "report/sink.h"
#include "report/view.h"

namespace spyhop {

void WriteDiffJson(const ProfileDiff& diff, const ViewOptions& options, Sink& sink);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_DIFF_JSON_H_
