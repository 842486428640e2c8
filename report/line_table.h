// The table for people: per line the shares of Python, native, system and GIL, self and total
// seconds, place, function and source text; above it the header, below it each thread's time by
// class.
//
// Shares are self time, in percent of the wall-clock time of all kept threads (idle left out unless
// asked for). Costs one line profile; source files are read for the rows shown only.
#ifndef SPYHOP_REPORT_LINE_TABLE_H_
#define SPYHOP_REPORT_LINE_TABLE_H_

#include "report/sink.h"
#include "report/view.h"
#include "sampler/profile/profile.h"

namespace spyhop {

void WriteLineTable(const Profile& profile, const ViewOptions& options, Sink& sink);

// The lower part alone.
void WriteThreadTable(const Profile& profile, const ViewOptions& options, Sink& sink);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_LINE_TABLE_H_
