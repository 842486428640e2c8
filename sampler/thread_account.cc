#include "sampler/thread_account.h"

#include <algorithm>

namespace spyhop {
namespace {

// The gap which a stop makes is longer than we hold the thread: 33 us where we count 23.
constexpr Nanos kMostAround = 12 * kMicrosecond;

}  // namespace

void ThreadAccount::Open(Nanos now, const SchedStat& sched) {
  begin_ = last_ = now;
  first_ = sched_ = sched;
  held_ = 0;
}

void ThreadAccount::Look(Nanos now, const SchedStat& sched, Nanos held) {
  last_ = now;
  sched_ = sched;
  held_ += held + std::min(held / 2, kMostAround);
}

TimeTotals ThreadAccount::Close() {
  TimeTotals totals;
  totals.cpu = sched_.on_cpu - first_.on_cpu;
  totals.queued = sched_.run_queue - first_.run_queue;
  const Nanos rest = std::max(last_ - begin_ - totals.cpu - totals.queued, Nanos{0});
  // The program feels our stops as running.
  const Nanos stops = std::min(rest, held_);
  totals.running = totals.cpu + stops;
  totals.blocked = rest - stops;
  Open(last_, sched_);
  return totals;
}

}  // namespace spyhop
