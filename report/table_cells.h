// What the tables of a profile have in common: how names, places, times and shares look in a cell,
// and what rows are sorted by. Cells are escaped, one line, and short whatever the target's names
// hold.
#ifndef SPYHOP_REPORT_TABLE_CELLS_H_
#define SPYHOP_REPORT_TABLE_CELLS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "report/sink.h"
#include "report/view.h"
#include "sampler/profile/line_profile.h"
#include "sampler/profile/profile.h"

namespace spyhop {

inline constexpr TimeClass kAllClasses[] = {
    TimeClass::kPython, TimeClass::kNative,   TimeClass::kKernel, TimeClass::kWait,
    TimeClass::kGil,    TimeClass::kRunQueue, TimeClass::kIdle,
};

// Names of functions, threads and reasons keep their start, paths their end.
std::string NameCell(std::string_view name);
std::string PathCell(std::string_view path);
std::string ModuleCell(std::string_view path);               // "libz.so.1"
std::string PlaceCell(std::string_view file, int32_t line);  // "/srv/app.py:3"
std::string ThreadCell(const ThreadInfo& thread);            // "worker", "pool (native)"

std::string SecondsCell(Nanos time);             // "1.234"; "-" for none
std::string ShareCell(Nanos part, Nanos whole);  // "12.3%"; "-" for none

Nanos System(const Times& times);  // kernel + wait

// What a row is sorted by: one of its figures, by options.sort.
Nanos SortValue(const Times& self, const Times& total, const ViewOptions& options);

bool HasSeveralPids(const Profile& profile);

// Threads that the filter keeps, in the order asked for; of equals the busiest first.
std::vector<const ThreadInfo*> KeptThreads(const Profile& profile, const ViewOptions& options);

// How many of `all` rows are shown; 0 = all of them.
size_t Limited(size_t all, size_t limit);

// "and 3 more lines (--limit 0 shows all)"; nothing when there are none.
void WriteLeftOut(size_t left_out, std::string_view thing, Sink& sink);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_TABLE_CELLS_H_
