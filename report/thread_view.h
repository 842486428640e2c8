// The view of threads: for each thread a line `Thread NAME (N samples, W seconds)`, rows
// `cpu_time (cum) ticks (cum) samples (cum) filename:lineno function`, and its totals by class.
//
// cpu_time: CPU seconds by the scheduler's count. ticks: wall-clock time in units of the sampling
// period asked for, rounded, so that a late sample counts for all the periods it stands for.
// samples: their number. (cum): of all stacks with the line on them, each once. Idle time and
// samples are left out unless asked for; CPU time is always whole. Costs one line profile.
#ifndef SPYHOP_REPORT_THREAD_VIEW_H_
#define SPYHOP_REPORT_THREAD_VIEW_H_

#include "report/sink.h"
#include "report/view.h"
#include "sampler/profile/profile.h"

namespace spyhop {

void WriteThreadView(const Profile& profile, const ViewOptions& options, Sink& sink);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_THREAD_VIEW_H_
