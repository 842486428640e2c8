#include "sampler/kernel_split.h"

#include <gtest/gtest.h>

namespace spyhop {
namespace {

constexpr Nanos kMs = kMillisecond;
using Known = KernelSplit::Known;

class KernelSplitTest : public testing::Test {
 protected:
  KernelSplitTest() {
    profile_.AddTarget({});
    thread_ = profile_.AddThread({});
    split_.Open(ticks_);
  }

  StackId StackOf(std::string_view function) {
    const Frame frame{.function = profile_.strings().Intern(function), .line = 1};
    return profile_.stacks().Push(kNoStack, profile_.frames().Intern(frame));
  }

  // A sample of 10 ms with the ticks that have passed since the one before.
  void Note(std::string_view function, TimeClass c, CpuTicks passed,
            Known known = Known::kNothing) {
    ticks_.user += passed.user;
    ticks_.system += passed.system;
    ticks_.minor_faults += passed.minor_faults;
    const Sample sample{.thread = thread_,
                        .stack = StackOf(function),
                        .time_class = c,
                        .weight = 10 * kMs,
                        .cpu = 10 * kMs};
    profile_.Add(sample);
    split_.Note(sample, ticks_, known);
  }

  Nanos TimeOf(std::string_view function, TimeClass c) {
    const auto found = profile_.buckets().find({thread_, StackOf(function), StringId{}, c});
    return found == profile_.buckets().end() ? 0 : found->second[c];
  }

  Profile profile_;
  ThreadIndex thread_;
  CpuTicks ticks_{.user = 1000, .system = 500, .minor_faults = 70};
  KernelSplit split_;
};

TEST_F(KernelSplitTest, MovesToTheKernelInProportionToTheTicksThatFellToEachPlace) {
  for (int i = 0; i < 4; ++i) {
    Note("reads", TimeClass::kNative, {.system = 1});
    Note("both", TimeClass::kNative, {.user = i < 3, .system = i == 3});
    Note("sums", TimeClass::kPython, {.user = 1});
  }
  split_.Settle(profile_);
  // 5 of 12 ticks of 120 ms: 40 ms fell to one place, 10 ms to the other.
  EXPECT_EQ(TimeOf("reads", TimeClass::kKernel), 40 * kMs);
  EXPECT_EQ(TimeOf("reads", TimeClass::kNative), 0);
  EXPECT_EQ(TimeOf("both", TimeClass::kKernel), 10 * kMs);
  EXPECT_EQ(TimeOf("sums", TimeClass::kPython), 40 * kMs);
  EXPECT_EQ(profile_.thread(thread_).times[TimeClass::kKernel], 50 * kMs);
}

TEST_F(KernelSplitTest, MovesNoMoreThanAPlaceHas) {
  Note("short", TimeClass::kNative, {.system = 20});
  for (int i = 0; i < 9; ++i) Note("long", TimeClass::kNative, {});
  split_.Settle(profile_);
  EXPECT_EQ(TimeOf("short", TimeClass::kKernel), 10 * kMs);
  EXPECT_EQ(TimeOf("long", TimeClass::kKernel), 0);
  EXPECT_EQ(profile_.thread(thread_).times.Wall(true), 100 * kMs);
}

TEST_F(KernelSplitTest, WhatWasSeenInTheKernelIsNotMovedTwice) {
  for (int i = 0; i < 10; ++i) Note("reads", TimeClass::kKernel, {.system = 1});
  for (int i = 0; i < 10; ++i) Note("sums", TimeClass::kNative, {.user = 1});
  split_.Settle(profile_);
  EXPECT_EQ(TimeOf("reads", TimeClass::kKernel), 100 * kMs);
  EXPECT_EQ(TimeOf("sums", TimeClass::kNative), 100 * kMs);
}

TEST_F(KernelSplitTest, TakesFromAStoppedThreadOnlyWhereItHadPageFaults) {
  for (int i = 0; i < 16; ++i) {
    Note("faults", TimeClass::kPython, {.user = 1, .system = 1, .minor_faults = 50},
         Known::kRegisters);
    Note("sums", TimeClass::kPython, {.user = 1, .system = 1}, Known::kRegisters);
  }
  split_.Settle(profile_);
  EXPECT_EQ(TimeOf("faults", TimeClass::kKernel), 160 * kMs);
  EXPECT_EQ(TimeOf("sums", TimeClass::kKernel), 0);
}

TEST_F(KernelSplitTest, WhatChanceMayHaveGivenOtherPlacesIsNoProofAgainstRegisters) {
  for (int i = 0; i < 16; ++i) {
    Note("reads", TimeClass::kNative, {.system = 1});
    Note("sorts", TimeClass::kNative, {.user = i % 4 != 0, .system = i % 4 == 0, .minor_faults = 5},
         Known::kRegisters);
  }
  split_.Settle(profile_);
  EXPECT_EQ(TimeOf("reads", TimeClass::kKernel), 160 * kMs);
  EXPECT_EQ(TimeOf("sorts", TimeClass::kKernel), 16 * 5 * 2 * kMicrosecond);
}

TEST_F(KernelSplitTest, TakesFromThoseWithTheGilLast) {
  for (int i = 0; i < 16; ++i) {
    Note("reads", TimeClass::kNative, {.system = 1});
    Note("sorts", TimeClass::kNative, {.user = i % 4 != 0, .system = i % 4 == 0}, Known::kHeldGil);
  }
  split_.Settle(profile_);
  EXPECT_EQ(TimeOf("reads", TimeClass::kKernel), 160 * kMs);
  EXPECT_EQ(TimeOf("sorts", TimeClass::kKernel), 0) << "chance may have done that";
}

TEST_F(KernelSplitTest, WhoeverHeldTheGilMayHaveBeenInTheKernel) {
  for (int i = 0; i < 50; ++i)
    Note("getppid", TimeClass::kNative, {.user = 1, .system = 1}, Known::kHeldGil);
  split_.Settle(profile_);
  EXPECT_EQ(TimeOf("getppid", TimeClass::kKernel), 250 * kMs);
}

TEST_F(KernelSplitTest, PageFaultsAreThoseOfAllSamplesSinceTheTicksWereRead) {
  const Sample elsewhere{
      .thread = thread_, .stack = StackOf("reads"), .time_class = TimeClass::kKernel};
  split_.Note(elsewhere, std::nullopt, Known::kRegisters);
  Note("sorts", TimeClass::kNative, {.system = 1, .minor_faults = 50}, Known::kRegisters);
  split_.Settle(profile_);
  EXPECT_EQ(TimeOf("sorts", TimeClass::kKernel), 25 * 2 * kMicrosecond);
}

TEST_F(KernelSplitTest, WithoutPageFaultsAStoppedThreadStaysAsItWasSeen) {
  for (int i = 0; i < 10; ++i)
    Note("sums", TimeClass::kPython, {.user = 1, .system = 1}, Known::kRegisters);
  split_.Settle(profile_);
  EXPECT_EQ(TimeOf("sums", TimeClass::kPython), 100 * kMs);
}

TEST_F(KernelSplitTest, OneTickIsNoProofAgainstRegisters) {
  Note("sums", TimeClass::kPython, {.system = 1, .minor_faults = 5}, Known::kRegisters);
  split_.Settle(profile_);
  EXPECT_EQ(TimeOf("sums", TimeClass::kKernel), 5 * 2 * kMicrosecond) << "what the faults took";
}

TEST_F(KernelSplitTest, GivesBackWhatWasSeenInTheKernelBeyondItsTicks) {
  for (int i = 0; i < 100; ++i) {
    Note(i % 4 == 0 ? "getppid" : "stat", TimeClass::kKernel,
         {.user = i % 2 == 0, .system = i % 2 == 1});
  }
  split_.Settle(profile_);
  // Half of each place's, whichever place the ticks fell to.
  EXPECT_EQ(TimeOf("getppid", TimeClass::kNative), 125 * kMs);
  EXPECT_EQ(TimeOf("getppid", TimeClass::kKernel), 125 * kMs);
  EXPECT_EQ(TimeOf("stat", TimeClass::kNative), 375 * kMs);
  EXPECT_EQ(TimeOf("stat", TimeClass::kKernel), 375 * kMs);
}

TEST_F(KernelSplitTest, LeavesAloneWhatChanceMayHaveDone) {
  // Ten of twenty samples, nine of twenty ticks.
  for (int i = 0; i < 20; ++i) {
    const bool kernel = i % 2 == 0;
    const bool system = kernel && i > 0;
    Note(kernel ? "reads" : "sums", kernel ? TimeClass::kKernel : TimeClass::kNative,
         {.user = !system, .system = system});
  }
  split_.Settle(profile_);
  EXPECT_EQ(TimeOf("reads", TimeClass::kKernel), 100 * kMs);
  EXPECT_EQ(TimeOf("reads", TimeClass::kNative), 0);
}

TEST_F(KernelSplitTest, OneTickOfUserTimeProvesNothing) {
  Note("reads", TimeClass::kKernel, {.user = 1});
  split_.Settle(profile_);
  EXPECT_EQ(TimeOf("reads", TimeClass::kKernel), 10 * kMs);
}

TEST_F(KernelSplitTest, WithoutTicksNothingMoves) {
  Note("reads", TimeClass::kKernel, {});
  Note("sums", TimeClass::kNative, {});
  split_.Settle(profile_);
  EXPECT_EQ(TimeOf("reads", TimeClass::kKernel), 10 * kMs);
  EXPECT_EQ(TimeOf("sums", TimeClass::kNative), 10 * kMs);
}

TEST_F(KernelSplitTest, TicksWithoutSamplesMoveNothing) {
  split_.Settle(profile_);
  EXPECT_TRUE(profile_.buckets().empty());
}

TEST_F(KernelSplitTest, TicksAreSharedByTheSamplesSinceTheyWereRead) {
  const Sample sample{.thread = thread_, .stack = StackOf("f"), .weight = 10 * kMs};
  profile_.Add(sample);
  split_.Note(sample, std::nullopt, Known::kNothing);
  Note("reads", TimeClass::kNative, {.user = 1, .system = 1});
  split_.Settle(profile_);
  EXPECT_EQ(TimeOf("reads", TimeClass::kKernel), 5 * kMs);
  EXPECT_EQ(TimeOf("f", TimeClass::kKernel), 5 * kMs);
}

TEST_F(KernelSplitTest, WhatIsSettledIsNotSettledAgain) {
  for (int i = 0; i < 4; ++i) Note("reads", TimeClass::kNative, {.user = 1, .system = 1});
  split_.Settle(profile_);
  ASSERT_EQ(TimeOf("reads", TimeClass::kKernel), 20 * kMs);
  split_.Settle(profile_);
  EXPECT_EQ(TimeOf("reads", TimeClass::kKernel), 20 * kMs);
  for (int i = 0; i < 4; ++i) Note("reads", TimeClass::kNative, {.user = 1});
  split_.Settle(profile_);
  EXPECT_EQ(TimeOf("reads", TimeClass::kKernel), 20 * kMs) << "earlier ticks count no more";
}

}  // namespace
}  // namespace spyhop
