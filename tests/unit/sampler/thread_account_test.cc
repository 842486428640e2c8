#include "sampler/thread_account.h"

#include <gtest/gtest.h>

namespace spyhop {
namespace {

constexpr Nanos kMs = kMillisecond;

TEST(ThreadAccount, TellsCpuQueueAndBlockedTimeApart) {
  ThreadAccount account;
  account.Open(100 * kMs, {.on_cpu = 50 * kMs, .run_queue = 7 * kMs});
  account.Look(110 * kMs, {.on_cpu = 53 * kMs, .run_queue = 9 * kMs}, 0);
  const TimeTotals totals = account.Close();
  EXPECT_EQ(totals.cpu, 3 * kMs);
  EXPECT_EQ(totals.running, 3 * kMs);
  EXPECT_EQ(totals.queued, 2 * kMs);
  EXPECT_EQ(totals.blocked, 5 * kMs);
  EXPECT_EQ(account.Close().blocked, 0) << "counted twice";
}

TEST(ThreadAccount, TheTimeItWasHeldStoppedCountsAsRunningButNotAsCpu) {
  const Nanos stop = 20 * kMicrosecond;
  const Nanos gap = 30 * kMicrosecond;
  ThreadAccount account;
  account.Open(0, {});
  account.Look(10 * kMs, {.on_cpu = 10 * kMs - gap}, stop);
  const TimeTotals totals = account.Close();
  EXPECT_EQ(totals.running, 10 * kMs);
  EXPECT_EQ(totals.cpu, 10 * kMs - gap);
  EXPECT_EQ(totals.blocked, 0);
}

TEST(ThreadAccount, CpuTimeThatIsAheadOfTheClockLeavesNothingBlocked) {
  ThreadAccount account;
  account.Open(0, {});
  account.Look(10 * kMs, {.on_cpu = 10 * kMs + 5}, 0);
  EXPECT_EQ(account.Close().blocked, 0);
}

}  // namespace
}  // namespace spyhop
