// The format "table": the view for people that was asked for (ViewOptions::table). Each is defined
// in docs/views.md.
#ifndef SPYHOP_REPORT_TABLE_H_
#define SPYHOP_REPORT_TABLE_H_

#include "report/sink.h"
#include "report/view.h"
#include "sampler/profile/profile.h"

namespace spyhop {

void WriteTable(const Profile& profile, const ViewOptions& options, Sink& sink);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_TABLE_H_
