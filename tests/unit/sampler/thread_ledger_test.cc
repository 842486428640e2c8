#include "sampler/thread_ledger.h"

#include <gtest/gtest.h>

namespace spyhop {
namespace {

constexpr Nanos kMs = kMillisecond;
constexpr Nanos kPeriod = 10 * kMs;
using enum TimeClass;

// Since the look before.
struct Passed {
  int rounds = 1;
  Nanos queued = 0;
  uint64_t slices = 0;
  bool reused = false;
  bool holder_only = false;
  Nanos stop_queued = 0;
};

// A thread whose rounds are 10 ms apart; the test tells what the scheduler has counted between two
// looks.
class ThreadLedgerTest : public testing::Test {
 protected:
  ThreadLedgerTest() {
    profile_.AddTarget({});
    thread_ = profile_.AddThread({});
    ledger_.emplace(profile_, thread_);
    ledger_->Open(0, 0, sched_, {});
  }

  // The thread is met at `line`.
  void Meet(int line, TimeClass c, const Passed& passed = {}) {
    ledger_->Add(Look(!IsRunning(c), passed),
                 {.stack = StackOf(line), .time_class = c, .wait_reason = ReasonOf(c)},
                 std::nullopt);
  }
  void Lose(SampleErrorCode cause, bool blocked = false, Nanos queued = 0) {
    ledger_->AddLost(Look(blocked, {.queued = queued}), cause);
  }
  ThreadLedger::Balance Close(int rounds_later = 0) {
    round_ += rounds_later;
    return ledger_->Close(round_, Now());
  }

  Nanos Now() const { return static_cast<Nanos>(round_) * kPeriod; }
  StringId ReasonOf(TimeClass c) {
    return c == kWait ? profile_.strings().Intern("sleep") : StringId{};
  }
  StackId StackOf(int line) {
    const Frame frame{.function = profile_.strings().Intern("f"), .line = line};
    return profile_.stacks().Push(kNoStack, profile_.frames().Intern(frame));
  }
  Times At(int line, TimeClass c) {
    const auto found = profile_.buckets().find({thread_, StackOf(line), ReasonOf(c), c});
    return found == profile_.buckets().end() ? Times() : found->second;
  }
  Nanos TimeAt(int line, TimeClass c) { return At(line, c)[c]; }
  const ThreadInfo& info() const { return profile_.thread(thread_); }
  uint64_t Lost(SampleErrorCode cause) const {
    return profile_.figures().lost[static_cast<size_t>(cause)];
  }
  // Every nanosecond since the thread was opened is in one class.
  void ExpectAllIsCharged() {
    EXPECT_EQ(info().observed, Now());
    EXPECT_EQ(info().times.Wall(true), Now());
  }

  ThreadLedger::Look Look(bool blocked, const Passed& passed) {
    round_ += static_cast<uint64_t>(passed.rounds);
    sched_.run_queue += passed.queued;
    sched_.slices += passed.slices;
    return {.round = round_,
            .now = Now(),
            .round_before = Now() - kPeriod,
            .sched = sched_,
            .blocked = blocked,
            .stop_queued = passed.stop_queued,
            .reused = passed.reused,
            .holder_only = passed.holder_only};
  }

  Profile profile_;
  ThreadIndex thread_;
  std::optional<ThreadLedger> ledger_;
  uint64_t round_ = 0;
  SchedStat sched_{.on_cpu = 5 * kMs, .run_queue = 3 * kMs, .slices = 7};
};

TEST_F(ThreadLedgerTest, ASampleStandsForTheTimeSinceTheOneBefore) {
  Meet(1, kPython);
  Meet(2, kNative);
  Meet(3, kWait);
  EXPECT_EQ(TimeAt(1, kPython), kPeriod);
  EXPECT_EQ(TimeAt(2, kNative), kPeriod);
  EXPECT_EQ(TimeAt(3, kWait), kPeriod);
  EXPECT_EQ(At(2, kNative).cpu, kPeriod);
  EXPECT_EQ(At(3, kWait).cpu, 0);
  EXPECT_EQ(profile_.figures().samples, 3u);
  ExpectAllIsCharged();
}

TEST_F(ThreadLedgerTest, RoundsWithoutALookAreOfTheWaitAlsoWhenTheNextLookTellsNothing) {
  Meet(1, kWait);
  ledger_->AddLost(Look(false, {.rounds = 10}), SampleErrorCode::kNotSeen);
  EXPECT_EQ(TimeAt(1, kWait), 10 * kPeriod);
  Meet(2, kPython);
  EXPECT_EQ(TimeAt(1, kWait), 10 * kPeriod);
  EXPECT_EQ(TimeAt(2, kPython), 2 * kPeriod);
  ExpectAllIsCharged();
}

TEST_F(ThreadLedgerTest, AWokenThreadHasQueuedWhereItWasBlocked) {
  Meet(1, kWait);
  Meet(1, kWait);
  Meet(2, kPython, {.queued = 4 * kMs, .slices = 1});
  Close();
  EXPECT_EQ(TimeAt(1, kRunQueue), 4 * kMs);
  EXPECT_EQ(TimeAt(1, kWait), 16 * kMs);
  EXPECT_EQ(TimeAt(2, kPython), kPeriod);
  EXPECT_EQ(At(1, kRunQueue).samples, 0u);
  EXPECT_EQ(At(1, kRunQueue).cpu, 0);
  ExpectAllIsCharged();
}

TEST_F(ThreadLedgerTest, WhatAThreadQueuedAfterItsWakeUpIsWhereItRuns) {
  Meet(1, kWait);
  sched_.on_cpu += 6 * kMs;
  Meet(2, kPython, {.queued = 4 * kMs, .slices = 2});
  Close();
  EXPECT_EQ(TimeAt(1, kRunQueue), 2 * kMs);
  EXPECT_EQ(TimeAt(1, kWait), 8 * kMs);
  EXPECT_EQ(TimeAt(2, kRunQueue), 2500 * kMicrosecond) << "as 2 to 6 of the sample's 10 ms";
  EXPECT_EQ(TimeAt(2, kPython), 7500 * kMicrosecond);
  ExpectAllIsCharged();
}

TEST_F(ThreadLedgerTest, WhoeverFindsALockTakenHasNotLeftItsPlace) {
  Meet(1, kWait);
  sched_.on_cpu += 40 * kMicrosecond;
  Meet(2, kPython, {.queued = 4 * kMs, .slices = 20});
  Close();
  EXPECT_EQ(TimeAt(1, kRunQueue), 4 * kMs);
  EXPECT_EQ(TimeAt(2, kRunQueue), 0);
  ExpectAllIsCharged();
}

TEST_F(ThreadLedgerTest, BetweenTwoSamplesItMayHaveQueuedAtEitherPlace) {
  Meet(1, kPython);
  sched_.on_cpu += 16 * kMs;
  Meet(2, kPython, {.queued = 4 * kMs, .slices = 1});
  Close();
  EXPECT_EQ(TimeAt(1, kRunQueue), 2 * kMs);
  EXPECT_EQ(TimeAt(2, kRunQueue), 2 * kMs);
  ExpectAllIsCharged();
}

TEST_F(ThreadLedgerTest, WhatAThreadQueuedBeforeItsStopItQueuedWhereItStopped) {
  Meet(1, kPython);
  sched_.on_cpu += 14 * kMs;
  Meet(2, kPython, {.queued = 6 * kMs, .slices = 2, .stop_queued = 4 * kMs});
  Close();
  EXPECT_EQ(TimeAt(1, kRunQueue), 1 * kMs);
  EXPECT_EQ(TimeAt(2, kRunQueue), 5 * kMs);
  ExpectAllIsCharged();
}

TEST_F(ThreadLedgerTest, AThreadThatHasBlockedSinceQueuedBefore) {
  Meet(1, kPython);
  sched_.on_cpu += 6 * kMs;
  Meet(2, kWait, {.queued = 4 * kMs, .slices = 1});
  Close();
  EXPECT_EQ(TimeAt(1, kRunQueue), 4 * kMs);
  EXPECT_EQ(TimeAt(2, kWait), kPeriod);
  ExpectAllIsCharged();
}

TEST_F(ThreadLedgerTest, WhatItQueuedBeforeALookThatToldNothingIsSharedByAll) {
  Meet(1, kPython);
  Lose(SampleErrorCode::kNotSeen, false, 6 * kMs);
  sched_.on_cpu += 24 * kMs;
  Meet(2, kPython);
  Close();
  EXPECT_EQ(TimeAt(1, kRunQueue), 3 * kMs);
  EXPECT_EQ(TimeAt(2, kRunQueue), 3 * kMs);
  ExpectAllIsCharged();
}

TEST_F(ThreadLedgerTest, AThreadThatGotACpuOftenQueuedAtPlacesThatNoLookMet) {
  Meet(1, kPython);
  Meet(2, kPython);
  sched_.on_cpu += 24 * kMs;
  Meet(3, kPython, {.queued = 6 * kMs, .slices = 9});
  Close();
  for (const int line : {1, 2, 3}) EXPECT_EQ(TimeAt(line, kRunQueue), 2 * kMs);
  ExpectAllIsCharged();
}

TEST_F(ThreadLedgerTest, QueueTimeThatNoSampleMetGoesWhereTheThreadRested) {
  Meet(1, kWait);
  sched_.run_queue += 2 * kMs;
  ledger_->LookAtEnd(Now(), sched_);
  Close();
  EXPECT_EQ(TimeAt(1, kRunQueue), 2 * kMs);
  EXPECT_EQ(At(1, kRunQueue).samples, 0u);
}

TEST_F(ThreadLedgerTest, AThreadThatHasNotRunIsCountedForEachRoundBetween) {
  Meet(1, kWait);
  Meet(1, kWait, {.rounds = 5, .reused = true});
  EXPECT_EQ(At(1, kWait).samples, 6u);
  EXPECT_EQ(profile_.figures().samples, 6u);
  ExpectAllIsCharged();
}

TEST_F(ThreadLedgerTest, QuietRoundsBelongToThePlaceWhereItRested) {
  Meet(1, kWait);
  Meet(2, kPython, {.rounds = 4});
  EXPECT_EQ(At(1, kWait).samples, 4u) << "one look and three rounds";
  EXPECT_EQ(TimeAt(1, kWait), 4 * kPeriod);
  EXPECT_EQ(At(2, kPython).samples, 1u);
  EXPECT_EQ(TimeAt(2, kPython), kPeriod);
  ExpectAllIsCharged();
}

TEST_F(ThreadLedgerTest, RoundsBeforeTheFirstPlaceBelongToThatPlace) {
  Meet(1, kPython, {.rounds = 3});
  EXPECT_EQ(At(1, kPython).samples, 1u);
  ExpectAllIsCharged();
}

TEST_F(ThreadLedgerTest, WithHoldersOnlyTheTimeBetweenTwoHoldingsIsNobodys) {
  Meet(1, kPython);
  Meet(2, kPython, {.rounds = 9, .holder_only = true});
  EXPECT_EQ(TimeAt(1, kPython), kPeriod);
  EXPECT_EQ(At(1, kPython).samples, 1u);
  EXPECT_EQ(TimeAt(2, kPython), kPeriod);
}

TEST_F(ThreadLedgerTest, AThreadIsWatchedFromWhenItWasOpened) {
  round_ = 30;
  ledger_->Open(29, 29 * kPeriod, sched_, {});
  Meet(1, kPython, {.rounds = 0});
  EXPECT_EQ(TimeAt(1, kPython), kPeriod);
  EXPECT_EQ(At(1, kPython).samples, 1u);
}

TEST_F(ThreadLedgerTest, TheNextSampleCarriesTheTimeOfAnInstantBetweenStates) {
  Lose(SampleErrorCode::kNotSeen);
  EXPECT_EQ(info().observed, 0);
  Meet(1, kPython);
  EXPECT_EQ(TimeAt(1, kPython), 2 * kPeriod);
  EXPECT_EQ(Lost(SampleErrorCode::kNotSeen), 1u);
  EXPECT_EQ(profile_.figures().samples, 1u);
  ExpectAllIsCharged();
}

TEST_F(ThreadLedgerTest, BothSamplesAroundCarryThatMetItRunning) {
  Meet(1, kPython);
  Lose(SampleErrorCode::kNotSeen);
  Lose(SampleErrorCode::kNotSeen);
  Meet(2, kPython);
  EXPECT_EQ(TimeAt(1, kPython), 2 * kPeriod);
  EXPECT_EQ(TimeAt(2, kPython), 2 * kPeriod);
  Lose(SampleErrorCode::kNotSeen);
  Meet(3, kWait);
  EXPECT_EQ(TimeAt(2, kPython), 3 * kPeriod);
  EXPECT_EQ(TimeAt(3, kWait), kPeriod);
  Lose(SampleErrorCode::kNotSeen);
  Meet(4, kPython);
  EXPECT_EQ(TimeAt(3, kWait), kPeriod);
  EXPECT_EQ(TimeAt(4, kPython), 2 * kPeriod);
  ExpectAllIsCharged();
}

TEST_F(ThreadLedgerTest, BothSamplesAroundShareWhatALateSamplerMissed) {
  Meet(1, kPython);
  ThreadLedger::Look look = Look(false, {.rounds = 1});
  look.round_before = kPeriod;
  look.now = 7 * kPeriod;
  look.missed = 5 * kPeriod;
  ledger_->Add(look, {.stack = StackOf(2), .time_class = kNative}, std::nullopt);
  EXPECT_EQ(TimeAt(1, kPython), kPeriod + 5 * kPeriod / 2);
  EXPECT_EQ(TimeAt(2, kNative), kPeriod + 5 * kPeriod / 2);
  EXPECT_EQ(At(1, kPython).samples, 1u);
  EXPECT_EQ(info().observed, 7 * kPeriod);
}

TEST_F(ThreadLedgerTest, WhatNoNextSampleCanCarryGoesToTheLastPlace) {
  Meet(1, kPython);
  Lose(SampleErrorCode::kNotSeen);
  Lose(SampleErrorCode::kNotSeen);
  Close();
  EXPECT_EQ(TimeAt(1, kPython), 3 * kPeriod);
  EXPECT_EQ(At(1, kPython).cpu, 3 * kPeriod);
  EXPECT_EQ(At(1, kPython).samples, 1u);
  ExpectAllIsCharged();
}

TEST_F(ThreadLedgerTest, CarriesNotWithoutEnd) {
  for (int i = 0; i < 5; ++i) Lose(SampleErrorCode::kIncompleteFrame);
  EXPECT_EQ(info().observed, 0);
  Lose(SampleErrorCode::kIncompleteFrame);
  EXPECT_EQ(Lost(SampleErrorCode::kIncompleteFrame), 6u);
  ExpectAllIsCharged();
}

TEST_F(ThreadLedgerTest, AllItsSamplesStandForWhatNoneOfThemCanCarry) {
  Meet(1, kPython);
  for (int i = 0; i < 30; ++i) Lose(SampleErrorCode::kNotSeen);
  Meet(2, kPython);
  EXPECT_EQ(info().observed, 2 * kPeriod);
  EXPECT_EQ(TimeAt(2, kPython), kPeriod);
}

TEST_F(ThreadLedgerTest, CpuTimeThatNoSampleMetGoesWhereTheThreadRested) {
  Meet(1, kWait);
  sched_.on_cpu += 2 * kMs;
  Meet(1, kWait);
  Close();
  EXPECT_EQ(At(1, kPython).cpu, 2 * kMs);
  EXPECT_EQ(At(1, kPython).samples, 0u);
}

TEST_F(ThreadLedgerTest, ASampleBetweenBeginsTheCarryingAnew) {
  for (int i = 0; i < 10; ++i) {
    if (i == 5) Meet(1, kPython);
    Lose(SampleErrorCode::kNotSeen);
  }
  EXPECT_EQ(info().observed, 6 * kPeriod);
}

TEST_F(ThreadLedgerTest, OtherLossesTakeTheirTimeAtOnce) {
  Lose(SampleErrorCode::kChanged);
  Lose(SampleErrorCode::kChanged, true);
  EXPECT_EQ(Lost(SampleErrorCode::kChanged), 2u);
  EXPECT_EQ(info().times[kPython], kPeriod);
  EXPECT_EQ(info().times[kWait], kPeriod);
  EXPECT_EQ(info().times.cpu, kPeriod);
  EXPECT_EQ(profile_.figures().samples, 0u);
  EXPECT_TRUE(profile_.buckets().empty());
  ExpectAllIsCharged();
}

TEST_F(ThreadLedgerTest, ClosingChargesTheRestSinceTheLastLook) {
  Meet(1, kWait);
  EXPECT_EQ(Close(5).samples, 6u);
  EXPECT_EQ(At(1, kWait).samples, 6u);
  ExpectAllIsCharged();
}

TEST_F(ThreadLedgerTest, AThreadThatRanLastHasEnded) {
  Meet(1, kPython);
  EXPECT_EQ(Close(5).samples, 1u);
  EXPECT_EQ(TimeAt(1, kPython), kPeriod);
}

TEST_F(ThreadLedgerTest, AThreadThatEndsInARoundWasThereInIt) {
  Meet(1, kPython);
  ++round_;
  ledger_->AddEnd(round_, Now());
  ledger_->AddEnd(round_, Now());
  EXPECT_EQ(Close(5).samples, 2u);
  EXPECT_EQ(TimeAt(1, kPython), 2 * kPeriod);
  EXPECT_EQ(At(1, kPython).cpu, 2 * kPeriod);
}

TEST_F(ThreadLedgerTest, TheBalanceHasTheSchedulersTotalsAndAllSamples) {
  Meet(1, kPython);
  Lose(SampleErrorCode::kChanged);
  Meet(2, kWait, {.rounds = 2, .queued = 4 * kMs, .slices = 1, .reused = true});
  sched_.on_cpu += 25 * kMs;
  ledger_->LookAtEnd(50 * kMs, sched_);
  const ThreadLedger::Balance balance = Close();
  EXPECT_EQ(balance.samples, 4u);
  EXPECT_EQ(balance.totals.cpu, 25 * kMs);
  EXPECT_EQ(balance.totals.running, 25 * kMs);
  EXPECT_EQ(balance.totals.queued, 4 * kMs);
  EXPECT_EQ(balance.totals.blocked, 21 * kMs);
  EXPECT_EQ(Close().samples, 0u) << "a balance is drawn once";
}

TEST_F(ThreadLedgerTest, ClosingSettlesWhatTheTicksSayOfTheKernel) {
  const ThreadLedger::Look look = Look(false, {});
  ledger_->Add(look, {.stack = StackOf(1), .time_class = kNative},
               CpuTicks{.user = 1, .system = 1});
  EXPECT_EQ(TimeAt(1, kKernel), 0);
  Close();
  EXPECT_EQ(TimeAt(1, kKernel), kPeriod / 2);
}

TEST_F(ThreadLedgerTest, ReadsTicksNoOftenerThanTheyMove) {
  EXPECT_TRUE(ledger_->TakeTicksDue(0));
  EXPECT_FALSE(ledger_->TakeTicksDue(4 * kMs));
  EXPECT_TRUE(ledger_->TakeTicksDue(5 * kMs));
}

}  // namespace
}  // namespace spyhop
