// Gives each target the rate at which the daemon keeps its budgets.
//
// Pure arithmetic on what was measured. Each target's CPU time a round is learnt; what the process
// takes besides rounds (finding processes, beginning parts, history, serving) is fixed. What the
// budget leaves is dealt out in proportion to the rates asked for; a target whose threads would be
// held stopped for too much of their time has less, it alone; nobody has less than kLowestRate.
// What was spent too much or too little in the last minute is made up for, by at most half the
// budget. To be asked every second or two; used by one thread.
#ifndef SPYHOP_CLI_DAEMON_GOVERNOR_H_
#define SPYHOP_CLI_DAEMON_GOVERNOR_H_

#include <cstdint>
#include <deque>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "base/clock.h"

namespace spyhop {

class Governor {
 public:
  static constexpr double kLowestRate = 0.1;  // Hz

  struct Budget {
    double cpu = 0;       // of one core; 0: no limit
    double stopped = 0;   // of a target's time; 0: no limit
    uint64_t memory = 0;  // bytes; 0: no limit
  };
  // Of one target. Counts are since it began to be watched.
  struct Target {
    uint64_t id = 0;
    double asked_hz = 0;
    uint64_t rounds = 0;
    Nanos cpu = 0;
    Nanos stopped = 0;
  };
  // What is given up so that memory stays within its budget.
  enum class Saving : uint8_t {
    kNothing,
    kShortParts,  // parts of half the length and a fifth of the stacks
    kRecent,      // also the recent parts that are kept in memory
  };

  explicit Governor(const Budget& budget) : budget_(budget) {}
  void set_budget(const Budget& budget) { budget_ = budget; }

  // `own_cpu`: of the whole process so far. The rate of each target, in their order.
  std::vector<double> Grant(Nanos now, Nanos own_cpu, absl::Span<const Target> targets);
  Saving SaveMemory(uint64_t resident_bytes);
  // Of one core, over about the last ten seconds.
  double cpu_share() const;

 private:
  struct Known {
    uint64_t rounds = 0;
    Nanos cpu = 0;
    Nanos stopped = 0;
    double cpu_per_round = 0;  // ns; 0: not known yet
    double stopped_per_round = 0;
    bool seen = false;
  };
  struct Spent {
    Nanos at = 0;
    Nanos cpu = 0;
  };

  void Learn(double seconds, Nanos own_cpu, absl::Span<const Target> targets);
  double TypicalCost() const;
  double Allowed(Nanos now, Nanos own_cpu) const;
  void Deal(double share, const std::vector<double>& costs, std::vector<double>& rates) const;

  Budget budget_;
  absl::flat_hash_map<uint64_t, Known> known_;
  std::deque<Spent> spent_;  // of the last minute
  double fixed_share_ = 0;   // of one core, besides rounds
  Saving saving_ = Saving::kNothing;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_GOVERNOR_H_
