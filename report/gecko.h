// The Firefox Profiler's processed format, in a version which its site upgrades for good: format 49
// of Gecko's version 24.
//
// Each sample has its instant and, as its weight, the milliseconds that it stands for (six
// decimals: exact). The category is the sample's time class, the subcategory what it waited for;
// of the frames above the leaf it is their kind. Where something is left out (idle time, other
// filters, samples lost) stands a sample without stack and weight. CPU time is that of the bucket,
// which is exact, shared by its samples. Streams; memory for one thread's samples and the frames
// and stacks they use.
#ifndef SPYHOP_REPORT_GECKO_H_
#define SPYHOP_REPORT_GECKO_H_

#include "report/sink.h"
#include "report/view.h"
#include "sampler/profile/profile.h"

namespace spyhop {

void WriteGecko(const Profile& profile, const ViewOptions& options, Sink& sink);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_GECKO_H_
