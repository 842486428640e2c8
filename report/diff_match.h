// Which line and function of one profile is which of another one, when the code may have been moved
// or edited in between.
//
// - A file is the one of the same path; else, of those left over, the one of the same name with the
//   longest common end of the path, or one whose lines have the same numbers and much the same
//   time (a renamed copy). A function has to have the same name in it.
// - A line of a function is the one of the same number. When a function's time is found again at
//   lines that are all a constant number further on (something was inserted above it), that number
//   is added. Source text is not compared: a profile does not hold it, and the file may have
//   changed since.
//
// Costs some look-ups for each line; files that were not found by path are compared in pairs.
#ifndef SPYHOP_REPORT_DIFF_MATCH_H_
#define SPYHOP_REPORT_DIFF_MATCH_H_

#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "report/diff_side.h"

namespace spyhop {

struct PlaceWithTime {
  DiffPlace place;
  double self = 0;  // any unit
};

// Indices into the two lists, of which one may be missing.
struct MatchedLine {
  std::optional<size_t> before;
  std::optional<size_t> after;
  size_t function = 0;  // index into the functions
};

// As each of the two profiles has it; `line` is 0.
struct MatchedFunction {
  std::optional<DiffPlace> before;
  std::optional<DiffPlace> after;
};

struct MatchedPlaces {
  std::vector<MatchedLine> lines;
  std::vector<MatchedFunction> functions;
};

// Every line of both is in one of `lines`, and every function in one of `functions`. No line may be
// there twice.
MatchedPlaces MatchPlaces(absl::Span<const PlaceWithTime> before,
                          absl::Span<const PlaceWithTime> after);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_DIFF_MATCH_H_
