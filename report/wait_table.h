// The view of waits: what threads wait for, the longest first; of each reason its seconds, share of
// all threads' wall-clock time, samples and threads, and the lines that wait the most for it:
// below it, or beside it when there is but one. For the GIL the reasons are its holders. Idle waits
// only when asked for. The last rows add up each class. Costs one wait profile.
#ifndef SPYHOP_REPORT_WAIT_TABLE_H_
#define SPYHOP_REPORT_WAIT_TABLE_H_

#include "report/sink.h"
#include "report/view.h"
#include "sampler/profile/profile.h"

namespace spyhop {

void WriteWaitTable(const Profile& profile, const ViewOptions& options, Sink& sink);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_WAIT_TABLE_H_
