// The pace of what did not change between two profiles: by which factor its time has become more or
// less for reasons that are not its own.
//
// A program that is always busy has no time to spare: when one line gets slower, all others get
// less time each second, by the same factor. Sought is the factor that leaves the fewest rows
// unexplained, each counting by how surely it differs (least squares, with a limit for each row);
// where several fit as well, the lowest, which makes something slower rather than all else faster.
// Costs some hundred looks at each row.
#ifndef SPYHOP_REPORT_PACE_H_
#define SPYHOP_REPORT_PACE_H_

#include "absl/types/span.h"
#include "report/block_ratio.h"

namespace spyhop {

double FindPace(absl::Span<const RatioChange> rows);

// Does the row's change agree with the pace?
bool KeepsPace(const RatioChange& row, double pace);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_PACE_H_
