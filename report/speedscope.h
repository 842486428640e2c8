// speedscope's own format: one "sampled" profile for each thread, weights in whole nanoseconds.
//
// Frames carry file and line. Weights follow each other: the format has no pauses, so what is left
// out (idle time, other filters, samples lost) closes up, and a profile is as long as the thread's
// kept time. Slices of one stack which follow each other are one sample. Streams; memory for one
// thread's samples.
#ifndef SPYHOP_REPORT_SPEEDSCOPE_H_
#define SPYHOP_REPORT_SPEEDSCOPE_H_

#include "report/sink.h"
#include "report/view.h"
#include "sampler/profile/profile.h"

namespace spyhop {

void WriteSpeedscope(const Profile& profile, const ViewOptions& options, Sink& sink);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_SPEEDSCOPE_H_
