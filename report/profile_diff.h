// What got slower or faster from one profile to another, per line and function, told from chance.
//
// A row's figure is its rate: seconds of self time for each second of the clock, so that profiles
// of different length can be compared. A change is told only where it is more than sampling and the
// program's own ups and downs explain: two recordings of one program show any change at all with a
// chance of at most DiffOptions::alpha. Formulas, sources and limits: docs/diff.md. Costs a few
// looks at each span and bucket. Keeps no reference to the profiles.
#ifndef SPYHOP_REPORT_PROFILE_DIFF_H_
#define SPYHOP_REPORT_PROFILE_DIFF_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "report/block_ratio.h"
#include "sampler/profile/profile.h"

namespace spyhop {

struct DiffOptions {
  double alpha = 0.01;
  // Not told even if sure: changes of less than this part of all time, or of a row's own time.
  double least_share = 0.005;
  double least_growth = 0.03;
  bool idle = false;                 // idle time counts too
  std::optional<double> fail_above;  // percent; only shown here, see FailsAbove
};

// Seconds for each second of the clock.
struct DiffRates {
  std::array<double, kTimeClasses> self_by_class{};
  double self = 0;  // without idle time unless asked for
  double total = 0;
  uint64_t samples = 0;  // of self time

  double operator[](TimeClass c) const { return self_by_class[static_cast<size_t>(c)]; }
};

enum class DiffVerdict : uint8_t { kSame, kSlower, kFaster, kNew, kGone };
std::string_view Name(DiffVerdict verdict);  // "same", "slower", ...

struct DiffRow {
  std::string file;  // as in AFTER, where it is in both
  std::string function;
  int32_t line = 0;  // 0 of a function
  std::string file_before;
  int32_t line_before = 0;
  DiffRates before;
  DiffRates after;
  double expected = 0;  // `after.self` if it had not changed: `before.self` times the pace
  double change = 0;    // after.self - expected
  // Of the expected time; none where there was none.
  std::optional<double> growth;
  std::optional<Interval> growth_within;  // with 95 % confidence, of this row by itself
  bool tested = false;                    // it has enough time for a change to be of interest
  double chance = 1;                      // of such a change in any row if none has changed
  DiffVerdict verdict = DiffVerdict::kSame;
  // Other lines of its function came or went: what stands at a number may be other code.
  bool in_edited_function = false;
  bool in_new_function = false;
};

struct DiffSummary {
  std::vector<TargetInfo> targets;
  absl::Time start;
  double duration_s = 0;
  double achieved_hz = 0;
  uint64_t samples = 0;
  double busy = 0;    // all lines' rates
  size_t blocks = 0;  // its time was split into; 0: there was no timeline, or too short a one
};

struct ProfileDiff {
  DiffOptions options;
  DiffSummary before;
  DiffSummary after;
  // What is to be expected of a row that has not changed. Not 1 where the program is always busy,
  // so that what one row takes the others cannot have.
  double pace = 1;
  // By how much all rows alike are up or down, where that is not for want of time: another load, or
  // another machine. 1: they are not.
  double common_factor = 1;
  // The program's phases last so long that profiles of this length tell nothing for sure.
  bool phases_too_long = false;
  // Slower rows first, by how much; then faster ones; then the rest.
  std::vector<DiffRow> lines;
  std::vector<DiffRow> functions;
  // By how much the busiest line would have had to change to be told; none: no line was tested.
  std::optional<double> resolution;
};

ProfileDiff DiffProfiles(const Profile& before, const Profile& after,
                         const DiffOptions& options = {});

bool IsSlower(const DiffRow& row);  // kSlower, kNew
bool IsFaster(const DiffRow& row);  // kFaster, kGone

// Has a line or function got surely slower, and by more than that many percent of what it should
// have taken, or has new code taken more than that many percent of all time? By the estimates, not
// the ends of their intervals. Lines of functions whose lines have moved count with their function.
bool FailsAbove(const ProfileDiff& diff, double percent);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_PROFILE_DIFF_H_
