#include "sampler/thread_ledger.h"

#include <algorithm>
#include <utility>

namespace spyhop {
namespace {

// Of looks that told nothing, in a row: the time of so many, or so much, is carried.
constexpr int kCarriedLooks = 2;
constexpr Nanos kLongestCarry = 50 * kMillisecond;
// A thread that got a CPU more often than this between two looks, one of them perhaps after our
// stop, has been at places that no look has met.
constexpr uint64_t kFewSlices = 3;
// But not if it ran for no longer than this each time: it has found a lock taken, and slept on.
constexpr Nanos kBareWakeUp = 3 * kMicrosecond;
// Ticks are 10 ms apart.
constexpr Nanos kReadTicksEvery = 5 * kMillisecond;

}  // namespace

void ThreadLedger::Open(uint64_t round, Nanos now, const SchedStat& sched, const CpuTicks& ticks) {
  last_round_ = round;
  last_sample_ = now;
  account_.Open(now, sched);
  sched_ = sched;
  split_.Open(ticks);
}

uint32_t ThreadLedger::Advance(const Look& look) {
  account_.Look(look.now, look.sched, look.held);
  const SchedStat before = std::exchange(sched_, look.sched);
  const bool rested = std::exchange(rested_, look.blocked);
  const Nanos queued = look.sched.run_queue - before.run_queue;
  const uint64_t slices = look.sched.slices - before.slices;
  const Nanos ran = look.sched.on_cpu - before.on_cpu;
  const bool stayed = ran <= kBareWakeUp * static_cast<Nanos>(slices);
  unplaced_ += rested || (slices > kFewSlices && !stayed) ? look.stop_queued : queued;
  if (rested && slices > 0 && previous_) {
    queue_.NoteWakeUp(*previous_, queued - look.stop_queued, stayed ? 1 : slices);
  }
  const auto rounds = static_cast<uint32_t>(look.round - std::exchange(last_round_, look.round));
  if (look.holder_only && rounds > 1) last_sample_ = look.round_before;
  return rounds;
}

void ThreadLedger::Add(const Look& look, Sample sample, const std::optional<CpuTicks>& ticks) {
  const uint32_t rounds = Advance(look);
  if (std::exchange(not_seen_, 0) != 0) CarryNotSeen(look, IsRunning(sample.time_class));
  sample.thread = thread_;
  if (look.reused) {
    sample.count = rounds;
  } else if (rounds > 1 && !look.holder_only) {
    AddRest(look.round_before, rounds - 1);
  }
  ShareMissed(look);
  sample.weight = look.now - last_sample_;
  sample.end = last_sample_ = look.now;
  const bool running = IsRunning(sample.time_class);
  if (running) sample.cpu = sample.weight;
  const std::optional<Sample> before = previous_;
  AddToProfile(sample);
  if (!look.blocked) queue_.NoteReady(sample);
  PlaceQueue(look, sample, before);
  if (!running) return;
  ran_ = true;
  const auto known = look.was_stopped ? KernelSplit::Known::kRegisters
                     : look.holds_gil ? KernelSplit::Known::kHeldGil
                                      : KernelSplit::Known::kNothing;
  split_.Note(sample, ticks, known, look.in_user_mode);
}

// A sample after a long pause says no more of the time before than the one at its begin: they share
// what was missed, so that a place which is rarely met does not get all of it.
void ThreadLedger::ShareMissed(const Look& look) {
  if (previous_ && last_sample_ == look.round_before) AddCarried(last_sample_ + look.missed / 2);
}

// Looks since the last sample told nothing of a thread that was ready: the samples around that met
// it running share their time. What it queued meanwhile it queued elsewhere.
void ThreadLedger::CarryNotSeen(const Look& look, bool runs_again) {
  unplaced_ = look.stop_queued;
  if (!previous_ || !IsRunning(previous_->time_class)) return;
  const Nanos missed = last_lost_ - last_sample_;
  AddCarried(last_sample_ + (runs_again ? missed / 2 : missed));
}

// Between two samples the thread may have queued at either's place; before our stop, where it was
// stopped; where it is blocked now, not at all.
void ThreadLedger::PlaceQueue(const Look& look, const Sample& sample,
                              const std::optional<Sample>& before) {
  const Nanos between = std::exchange(unplaced_, 0) - look.stop_queued;
  const Nanos earlier = !before ? 0 : look.blocked ? between : between / 2;
  if (before) queue_.NoteQueue(*before, earlier);
  queue_.NoteQueue(sample, between - earlier + look.stop_queued);
}

void ThreadLedger::AddToProfile(const Sample& sample) {
  profile_.Add(sample);
  previous_ = sample;
  samples_ += sample.count;
}

bool ThreadLedger::TakeTicksDue(Nanos now) {
  if (now < next_ticks_) return false;
  next_ticks_ = now + kReadTicksEvery;
  return true;
}

void ThreadLedger::AddRest(Nanos until, uint32_t rounds) {
  if (!previous_ || until <= last_sample_) return;
  Sample sample = *previous_;
  sample.weight = until - last_sample_;
  if (sample.cpu != 0) sample.cpu = sample.weight;
  sample.count = rounds;
  sample.end = last_sample_ = until;
  AddToProfile(sample);
}

// A thread that was caught between two states, nanoseconds apart, was nowhere to be seen for an
// instant: see CarryNotSeen. Not without end: then all of the thread's samples stand for that time
// (SampleRecorder::Calibrate). Of other losses the time is the thread's, and no line's.
void ThreadLedger::AddLost(const Look& look, SampleErrorCode cause) {
  const uint32_t rounds = Advance(look);
  if (rounds > 1 && !look.holder_only && not_seen_ == 0) AddRest(look.round_before, rounds - 1);
  const bool instant =
      cause == SampleErrorCode::kIncompleteFrame || cause == SampleErrorCode::kNotSeen;
  not_seen_ = instant ? not_seen_ + 1 : 0;
  last_lost_ = look.now;
  Sample sample;
  sample.thread = thread_;
  const Nanos since = look.now - last_sample_;
  if (!instant || (not_seen_ > kCarriedLooks && since > kLongestCarry)) {
    last_sample_ = look.now;
    if (!instant || !previous_) {
      sample.weight = since;
      sample.time_class = look.blocked ? TimeClass::kWait : TimeClass::kPython;
      if (!look.blocked) sample.cpu = sample.weight;
      ++samples_;
    }
  }
  profile_.AddLost(sample, cause);
}

void ThreadLedger::AddEnd(uint64_t round, Nanos now) {
  if (last_round_ >= round) return;
  AddRest(now, static_cast<uint32_t>(round - std::exchange(last_round_, round)));
}

ThreadLedger::Balance ThreadLedger::Close(uint64_t round, Nanos now) {
  // Only one at rest was not looked at for a while; any other has ended.
  const bool rested = previous_ && !IsRunning(previous_->time_class);
  if (std::exchange(not_seen_, 0) != 0) AddCarried(last_lost_);
  if (rested && last_round_ < round) AddRest(now, static_cast<uint32_t>(round - last_round_));
  last_round_ = round;
  const TimeTotals totals = account_.Close();
  split_.Settle(profile_);
  const bool was_ready = queue_.Settle(totals, profile_);
  if (!was_ready) AddUnseen(TimeClass::kRunQueue, totals.queued, 0);
  if (!ran_) AddUnseen(TimeClass::kPython, totals.running, totals.cpu);
  return {totals, std::exchange(samples_, 0)};
}

void ThreadLedger::AddCarried(Nanos until) {
  if (until <= last_sample_) return;
  Sample sample = previous_.value_or(Sample{.thread = thread_});
  sample.weight = until - last_sample_;
  if (!previous_ || sample.cpu != 0) sample.cpu = sample.weight;
  sample.count = 0;
  sample.end = last_sample_ = until;
  profile_.Add(sample);
  if (IsRunning(sample.time_class)) queue_.NoteReady(sample);
}

// Time that was so little that no sample met it.
void ThreadLedger::AddUnseen(TimeClass time_class, Nanos wall, Nanos cpu) {
  if (!previous_ || wall <= 0) return;
  Sample sample = *previous_;
  sample.time_class = time_class;
  sample.wait_reason = StringId{};
  sample.count = 0;
  sample.end = 0;
  sample.weight = wall;
  sample.cpu = cpu;
  profile_.Add(sample);
}

}  // namespace spyhop
