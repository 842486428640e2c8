// The tables of lines and of functions for people: of each the shares of Python, native, system and
// GIL, self and total seconds, and its place; above it the header, below it each thread's time by
// class. The lines have their source text, the functions their CPU seconds.
//
// Shares are self time, in percent of the wall-clock time of all kept threads (idle left out unless
// asked for). Time that was ready for a CPU gets a share column (runq) when it is 1 % or more, idle
// time when it is asked for; then the shares of a row add up to its self time. Costs one line
// profile; source files are read for the rows shown only.
#ifndef SPYHOP_REPORT_LINE_TABLE_H_
#define SPYHOP_REPORT_LINE_TABLE_H_

#include "report/sink.h"
#include "report/view.h"
#include "sampler/profile/profile.h"

namespace spyhop {

void WriteLineTable(const Profile& profile, const ViewOptions& options, Sink& sink);
void WriteFunctionTable(const Profile& profile, const ViewOptions& options, Sink& sink);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_LINE_TABLE_H_
