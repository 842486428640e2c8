// A comparison of two profiles for people: what was compared and on which basis, the verdict, and a
// row for each line (or function) that got surely slower or faster. docs/diff.md defines the
// columns. Heeds table, limit, width, color and filter of the options.
#ifndef SPYHOP_REPORT_DIFF_TABLE_H_
#define SPYHOP_REPORT_DIFF_TABLE_H_

#include <string>

#include "report/profile_diff.h"
#include "report/sink.h"
#include "report/view.h"

namespace spyhop {

void WriteDiffTable(const ProfileDiff& diff, const ViewOptions& options, Sink& sink);

// "no change: nothing differs by more than chance would have it", or "slower: 1 line; faster:
// none".
std::string DiffVerdictText(const ProfileDiff& diff, TableView view);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_DIFF_TABLE_H_
