// The table of threads for people: observed wall-clock and CPU seconds of each, and its seconds by
// class; the last row adds all up. Threads without a Python state are marked "(native)". Stands
// below the tables of lines and functions.
#ifndef SPYHOP_REPORT_THREAD_TABLE_H_
#define SPYHOP_REPORT_THREAD_TABLE_H_

#include "report/sink.h"
#include "report/view.h"
#include "sampler/profile/profile.h"

namespace spyhop {

void WriteThreadTable(const Profile& profile, const ViewOptions& options, Sink& sink);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_THREAD_TABLE_H_
