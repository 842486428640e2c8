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

TEST(Scheduling, UrgencyEndsWithItsScope) {
  InThread([] {
    const int nice = getpriority(PRIO_PROCESS, 0);
    const bool may = GoBeforeOthers();
    {
      const ScopedUrgency urgent;
      EXPECT_EQ(Policy(), may ? SCHED_FIFO : SCHED_OTHER);
    }
    EXPECT_EQ(Policy(), SCHED_OTHER);
    EXPECT_EQ(getpriority(PRIO_PROCESS, 0), nice);
  });
}

TEST(ParseReadyThreads, IsTheFirstOfTheFourthField) {
  EXPECT_EQ(ParseReadyThreads("0.71 0.48 0.42 3/84 11206\n"), 3);
  EXPECT_EQ(ParseReadyThreads("14.71 12.03 9.04 117/2040 4194304"), 117);
}

TEST(ParseReadyThreads, IsNothingInALineThatMakesNoSense) {
  for (const char* text : {"", "0.71 0.48 0.42", "0.71 0.48 0.42 x/84 1", "a b c d e", "   /"}) {
    EXPECT_EQ(ParseReadyThreads(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace spyhop
