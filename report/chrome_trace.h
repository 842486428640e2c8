// Trace events of Chrome (JSON), for Perfetto, chrome://tracing and speedscope: a row for each
// thread, from left to right.
//
// Samples are made into spans: as long as consecutive ones share a frame, with the same callers, it
// is one slice (a "B" and an "E" event). A state of the thread that its frame does not tell has a
// slice of its own below it, e.g. `wait: recv socket 10.0.0.5:5432`, with `class` and `wait_reason`
// as arguments. What is left out (idle time, other filters, samples lost) is a gap. Times are in
// microseconds, with three decimals. Streams; memory for one thread's samples.
#ifndef SPYHOP_REPORT_CHROME_TRACE_H_
#define SPYHOP_REPORT_CHROME_TRACE_H_

#include "report/sink.h"
#include "report/view.h"
#include "sampler/profile/profile.h"

namespace spyhop {

void WriteChromeTrace(const Profile& profile, const ViewOptions& options, Sink& sink);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_CHROME_TRACE_H_
