// pstats: what cProfile writes, as pstats.Stats(file), snakeviz and gprof2dot read it, in every
// Python from 2.7 on. docs/formats.md says what is where.
//
// A sampler does not see calls: **counts are samples**. "Calls" of a function are how often it was
// met on sampled stacks, each recursive call counted; "primitive calls" the samples that met it.
// Times are wall time in seconds, each sample weighed by the time that really passed. Recursion is
// counted once in cumulative time and in primitive calls, as in cProfile.
//
// The line of a function is the smallest one seen in it, near its `def`, because where it begins is
// not sampled: two profiles of one program may differ there, and then Stats.add keeps both apart.
// All threads and processes are added up. Costs one look at each frame of each distinct stack.
#ifndef SPYHOP_REPORT_PSTATS_H_
#define SPYHOP_REPORT_PSTATS_H_

#include "report/sink.h"
#include "report/view.h"
#include "sampler/profile/profile.h"

namespace spyhop {

// Heeds filter, idle and native (native functions are functions of their own; otherwise their time
// is that of the Python function that called them).
void WritePstats(const Profile& profile, const ViewOptions& options, Sink& sink);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_PSTATS_H_
