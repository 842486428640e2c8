// One of two profiles that are compared: its lines and functions with their rates, and when in time
// each line had its self time.
//
// Rows are those of MakeLineProfile, of all processes and threads together. Holds views into the
// profile, which must outlive it.
#ifndef SPYHOP_REPORT_DIFF_SIDE_H_
#define SPYHOP_REPORT_DIFF_SIDE_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "report/block_ratio.h"
#include "sampler/profile/profile.h"
#include "sampler/profile/timeline.h"

namespace spyhop {

struct DiffPlace {
  std::string_view file;
  std::string_view function;
  int32_t line = 0;  // 0 for a function as a whole

  friend bool operator==(const DiffPlace&, const DiffPlace&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const DiffPlace& p) {
    return H::combine(std::move(h), p.file, p.function, p.line);
  }
};

struct DiffPlaceTimes {
  DiffPlace place;
  Times self;
  Times total;
};

class DiffSide {
 public:
  DiffSide(const Profile& profile, bool with_idle);

  const std::vector<DiffPlaceTimes>& lines() const { return lines_; }
  const std::vector<DiffPlaceTimes>& functions() const { return functions_; }

  // Seconds of the clock that were watched.
  double wall() const { return wall_; }
  // Seconds of all lines' self time.
  double busy() const { return busy_; }
  double SelfSeconds(const Times& self) const;

  // How many rounds were made: what tells how fine the blocks can be. 0: there is no timeline.
  double rounds() const;

  // The self time of groups of lines in that many equal blocks (0: only sums). `group_of_line`
  // has an index for each of lines(); kNoGroup: none.
  static constexpr int kNoGroup = -1;
  std::vector<BlockSeries> SeriesOf(absl::Span<const int> group_of_line, size_t groups,
                                    size_t blocks) const;
  // The clock's time in them.
  BlockSeries SeriesOfClock(size_t blocks) const;

 private:
  std::vector<int> GroupOfStack(absl::Span<const int> group_of_line) const;

  const Profile& profile_;
  const SpanScale scale_;
  const bool with_idle_;
  std::vector<DiffPlaceTimes> lines_;
  std::vector<DiffPlaceTimes> functions_;
  absl::flat_hash_map<DiffPlace, size_t> line_index_;
  double wall_ = 0;
  double busy_ = 0;
  double sample_ = 0;  // seconds that one sample stands for
};

}  // namespace spyhop

#endif  // SPYHOP_REPORT_DIFF_SIDE_H_
