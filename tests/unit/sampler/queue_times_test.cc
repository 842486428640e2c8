#include "sampler/queue_times.h"

#include <gtest/gtest.h>

#include <map>

namespace spyhop {
namespace {

constexpr Nanos kMs = kMillisecond;
using enum TimeClass;

class QueueTimesTest : public testing::Test {
 protected:
  QueueTimesTest() {
    profile_.AddTarget({});
    thread_ = profile_.AddThread({});
  }

  Sample At(int line, TimeClass time_class, Nanos weight) {
    const Frame frame{.function = profile_.strings().Intern("f"), .line = line};
    Sample sample;
    sample.thread = thread_;
    sample.stack = profile_.stacks().Push(kNoStack, profile_.frames().Intern(frame));
    sample.time_class = time_class;
    sample.weight = weight;
    if (IsRunning(time_class)) sample.cpu = weight;
    return sample;
  }
  void Meet(int line, TimeClass time_class, Nanos weight) {
    const Sample sample = At(line, time_class, weight);
    profile_.Add(sample);
    queue_.NoteReady(sample);
  }
  Nanos TimeAt(int line, TimeClass time_class) {
    return profile_.TimeOf(Profile::KeyOf(At(line, time_class, 0)));
  }

  // {line: time in the run queue}
  using Lines = std::map<int, Nanos>;
  Lines Queued() {
    Lines lines;
    for (int line = 1; line <= 3; ++line) {
      const Nanos time = TimeAt(line, kRunQueue);
      if (time != 0) lines[line] = time;
    }
    return lines;
  }

  Profile profile_;
  ThreadIndex thread_;
  QueueTimes queue_;
};

TEST_F(QueueTimesTest, QueueTimeOfNoKnownPlaceIsSharedInProportion) {
  Meet(1, kNative, 60 * kMs);
  Meet(2, kKernel, 40 * kMs);
  EXPECT_TRUE(queue_.Settle({.running = 75 * kMs, .queued = 25 * kMs}, profile_));
  EXPECT_EQ(Queued(), (Lines{{1, 15 * kMs}, {2, 10 * kMs}}));
  EXPECT_EQ(TimeAt(1, kNative), 45 * kMs);
}

TEST_F(QueueTimesTest, WhatWasQueuedAtAPlaceIsTakenThereFirst) {
  Meet(1, kPython, 60 * kMs);
  Meet(2, kNative, 40 * kMs);
  queue_.NoteQueue(At(2, kNative, 0), 15 * kMs);
  queue_.Settle({.running = 80 * kMs, .queued = 20 * kMs}, profile_);
  EXPECT_EQ(Queued(), (Lines{{1, 3 * kMs}, {2, 17 * kMs}}));
}

TEST_F(QueueTimesTest, PlacesShareWhenTheSchedulerKnowsOfLess) {
  Meet(1, kPython, 60 * kMs);
  Meet(2, kNative, 40 * kMs);
  queue_.NoteQueue(At(1, kPython, 0), 10 * kMs);
  queue_.NoteQueue(At(2, kNative, 0), 30 * kMs);
  queue_.Settle({.running = 80 * kMs, .queued = 20 * kMs}, profile_);
  EXPECT_EQ(Queued(), (Lines{{1, 5 * kMs}, {2, 15 * kMs}}));
}

TEST_F(QueueTimesTest, AWakingThreadQueuesWhereItWaited) {
  Meet(1, kWait, 20 * kMs);
  Meet(2, kNative, 80 * kMs);
  queue_.NoteQueue(At(1, kWait, 0), 15 * kMs);
  queue_.Settle({.running = 85 * kMs, .queued = 15 * kMs}, profile_);
  EXPECT_EQ(Queued(), (Lines{{1, 15 * kMs}}));
  EXPECT_EQ(TimeAt(1, kWait), 5 * kMs);
}

TEST_F(QueueTimesTest, ReadySamplesAreScaledToWhatTheSchedulerSays) {
  Meet(1, kNative, 10 * kMs);
  queue_.Settle({.running = 60 * kMs, .queued = 40 * kMs}, profile_);
  EXPECT_EQ(TimeAt(1, kNative), 6 * kMs);
  EXPECT_EQ(TimeAt(1, kRunQueue), 4 * kMs);
}

TEST_F(QueueTimesTest, TimeThatHasChangedItsClassMeanwhileIsFound) {
  Meet(1, kNative, 40 * kMs);
  profile_.Move(Profile::KeyOf(At(1, kNative, 0)), kKernel, 30 * kMs);
  queue_.Settle({.running = 20 * kMs, .queued = 20 * kMs}, profile_);
  EXPECT_EQ(TimeAt(1, kNative), 5 * kMs);
  EXPECT_EQ(TimeAt(1, kKernel), 15 * kMs);
  EXPECT_EQ(TimeAt(1, kRunQueue), 20 * kMs);
}

TEST_F(QueueTimesTest, AWakeUpComesOutOfTheWait) {
  profile_.Add(At(1, kWait, 50 * kMs));
  queue_.NoteWakeUp(At(1, kWait, 0), 8 * kMs, 1);
  Meet(2, kPython, 10 * kMs);
  queue_.Settle({.running = 10 * kMs, .queued = 8 * kMs, .blocked = 42 * kMs}, profile_);
  EXPECT_EQ(TimeAt(1, kWait), 42 * kMs);
  EXPECT_EQ(TimeAt(1, kRunQueue), 8 * kMs);
  EXPECT_EQ(TimeAt(2, kPython), 10 * kMs);
}

TEST_F(QueueTimesTest, OfSeveralQueuesTheFirstIsLikeOthersOfThatWait) {
  profile_.Add(At(1, kWait, 50 * kMs));
  for (const Nanos queued : {1, 2, 2, 2, 3}) {
    queue_.NoteWakeUp(At(1, kWait, 0), queued * kMs, 1);
  }
  queue_.NoteWakeUp(At(1, kWait, 0), 9 * kMs, 3);
  queue_.Settle({.queued = 19 * kMs}, profile_);
  EXPECT_EQ(TimeAt(1, kRunQueue), 12 * kMs);
}

TEST_F(QueueTimesTest, OfSeveralQueuesAtAWaitThatIsLittleKnownAllAreAlike) {
  profile_.Add(At(1, kWait, 50 * kMs));
  queue_.NoteWakeUp(At(1, kWait, 0), 9 * kMs, 3);
  queue_.Settle({.queued = 9 * kMs}, profile_);
  EXPECT_EQ(TimeAt(1, kRunQueue), 3 * kMs);
}

TEST_F(QueueTimesTest, WithoutAReadySampleNothingIsMoved) {
  profile_.Add(At(1, kWait, 50 * kMs));
  EXPECT_FALSE(queue_.Settle({.queued = 8 * kMs}, profile_));
  EXPECT_EQ(TimeAt(1, kWait), 50 * kMs);
}

}  // namespace
}  // namespace spyhop
