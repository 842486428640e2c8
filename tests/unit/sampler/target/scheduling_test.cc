#include "sampler/target/scheduling.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

#include <thread>

namespace spyhop {
namespace {

// Of the calling thread, sched(7).
int Policy() { return sched_getscheduler(0) & ~SCHED_RESET_ON_FORK; }

// In a thread of its own, which takes its scheduling with it.
template <typename Function>
void InThread(Function function) {
  std::thread(function).join();
}

TEST(Scheduling, GoesBeforeOthersWhereItMayAndBackAgain) {
  InThread([] {
    const bool first = GoBeforeOthers();
    EXPECT_EQ(Policy(), first ? SCHED_FIFO : SCHED_OTHER);
    RequestPromptness(true);
    EXPECT_EQ(Policy(), SCHED_OTHER);
  });
}

TEST(Scheduling, WhatItStartsDoesNotGoFirst) {
  InThread([] {
    GoBeforeOthers();
    InThread([] { EXPECT_EQ(Policy(), SCHED_OTHER); });
  });
}

TEST(Scheduling, PromptnessThatIsNotForTheFirstLeavesNiceAlone) {
  InThread([] {
    const int nice = getpriority(PRIO_PROCESS, 0);
    RequestPromptness(false);
    EXPECT_EQ(getpriority(PRIO_PROCESS, 0), nice);
  });
}

}  // namespace
}  // namespace spyhop
