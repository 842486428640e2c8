// The lines above a table: what was sampled, how fast, what was lost, what it cost the target and
// us, and what the figures mean. Every human-readable view of a profile starts with it.
#ifndef SPYHOP_REPORT_TABLE_HEADER_H_
#define SPYHOP_REPORT_TABLE_HEADER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "report/sink.h"
#include "report/view.h"
#include "sampler/profile/profile.h"

namespace spyhop {

void WriteTableHeader(const Profile& profile, const ViewOptions& options, Sink& sink);

// Its parts, for formats with a place for remarks. A line for each process, no wider than `width`
// (0: as need be), and "and 3 more processes" when there are many.
std::vector<std::string> TargetLines(const Profile& profile, size_t width);
// How fast, what was lost, what it cost, what the times mean: a line each, of any width.
std::vector<std::string> FigureLines(const Profile& profile, const ViewOptions& options);

// "1 too-deep, 3 changed", or "none".
std::string CountsByCause(const std::array<uint64_t, kSampleErrorCodes>& counts);

// Breaks a line at its blanks when it is wider than the terminal; what follows is indented.
void WriteWrapped(const std::string& line, size_t width, Sink& sink);

// All kept threads' times added up.
Times TimesOfKeptThreads(const Profile& profile, const Filter& filter);

// "23 us", "1.2 ms", "3.4 s".
std::string ShortDuration(Nanos duration);

// "1 time", "2 times"; for a plural that is not made with an s: `plural`.
std::string Counted(uint64_t count, std::string_view thing, std::string_view plural = "");

// "3" for 3.0, "99.8", "0.5": as few digits as needed, two decimals at most.
std::string ShortNumber(double number);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_TABLE_HEADER_H_
