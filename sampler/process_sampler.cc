#include "sampler/process_sampler.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "base/start_thread.h"
#include "sampler/relatives.h"
#include "sampler/target/scheduling.h"
#include "sampler/target/thread_stop.h"

namespace spyhop {
namespace {

constexpr Nanos kProgressEvery = 500 * kMillisecond;
// A thread takes its name when it has started: names are read again soon after threads came, and
// ever later while they keep coming, for it is twenty reads a thread; else rarely.
constexpr Nanos kNamesAfterChange = 20 * kMillisecond;
constexpr Nanos kNamesAmidChanges = kSecond;
constexpr Nanos kNamesEvery = 60 * kSecond;
// One that starts among busy ones takes longer; one that C has started never has a name.
constexpr int kNameTrials = 5;
// A program that is replaced by exec is unreadable until its new interpreter has started.
constexpr Nanos kExecPatience = 5 * kSecond;
constexpr Nanos kExecPause = 5 * kMillisecond;
constexpr Nanos kLongestEnd = 100 * kMillisecond;
// Above it a read from the target's CPU (some 35 us) would take too much of it, and a sampler that
// goes first would take too much of a CPU.
constexpr double kSharingRate = 2000;
constexpr Nanos kLookLife = 50 * kMicrosecond;
// Threads at rest are looked at so often at the least, even when nobody else has run Python: one
// may have gone from one wait to another.
constexpr Nanos kShortestRest = 50 * kMillisecond;
constexpr int kRestingRounds = 5;
// Of more of them a look is cheaper than to ask for each.
constexpr size_t kFewThreads = 8;
constexpr Nanos kLongestRest = 250 * kMillisecond;
// One of many sleeps until it is woken up.
constexpr Nanos kLongestPatience = 3600 * kSecond;

}  // namespace

ProcessSampler::ProcessSampler(std::unique_ptr<Attachment> attachment,
                               const SamplerOptions& options)
    : attachment_(std::move(attachment)),
      options_(options),
      pid_(attachment_->pid()),
      rate_hz_(options.rate_hz),
      duration_(options.duration) {}

void ProcessSampler::set_rate(double hz) {
  // A slower one is seen early enough when the next round is due.
  if (hz > 1.5 * rate_hz_.exchange(hz)) clock_.WakeUp();
}

absl::Status ProcessSampler::Run(const std::atomic<bool>& stop, SamplingGate& gate,
                                 Profile& profile,
                                 const std::function<void(const SamplingProgress&)>& progress) {
  profile_ = &profile;
  progress_ = &progress;
  rounds_.reset();
  next_progress_ = 0;
  SamplingFigures& figures = profile.figures();
  figures.rate_hz = rate_hz_;
  figures.pause_mode = options_.pause == PauseMode::kAuto ? "auto" : "never";
  BeginTarget();
  cpu_before_ = ProcessCpuTime();
  done_ = false;
  // The end of a tracer thread detaches whatever it holds (ptrace(2)); after a thread of the target
  // did not stop in time, the tracer ends and another takes over.
  tracer_cpu_ = 0;
  while (!done_) {
    const ScopedEntry entry(gate);
    absl::StatusOr<std::thread> tracer = StartThread([this, &stop, &gate] {
      RunTracer(stop, gate);
      tracer_cpu_ += ThreadCpuTime();
    });
    if (!tracer.ok()) return EndWithout(tracer.status());
    tracer->join();
  }
  SamplingFigures& sampled = profile.figures();
  sampled.own_cpu = options_.one_of_many ? tracer_cpu_ : ProcessCpuTime() - cpu_before_;
  sampled.own_peak_rss_bytes = PeakResidentBytes();
  return absl::OkStatus();
}

// There is no tracer, or none to take over from one that had to end.
absl::Status ProcessSampler::EndWithout(absl::Status tracer) {
  if (rounds_ == nullptr) return tracer;
  EndSampling();
  return tracer;
}

void ProcessSampler::NoteCosts() {
  SamplingFigures& figures = profile_->figures();
  figures.rate_hz = rounds_->MeanRate(clock_.Now());
  figures.late_rounds = rounds_->late_rounds();
  if (options_.one_of_many) {
    figures.own_cpu = tracer_cpu_ + ThreadCpuTime();
    return;
  }
  figures.own_cpu = ProcessCpuTime() - cpu_before_;
  figures.own_peak_rss_bytes = PeakResidentBytes();
}

void ProcessSampler::RunTracer(const std::atomic<bool>& stop, SamplingGate& gate) {
  RequestPromptness(MayGoFirst());
  goes_first_ = false;
  Promptness promptness;
  ThreadStopper stopper;
  if (rounds_ == nullptr) BeginSampling();
  while (!done_) {
    const Nanos now = rounds_->AwaitNext(deadline_, [&] { return stop || gate.closed(); });
    if (stop || now >= deadline_) {
      done_ = true;
      break;
    }
    if (gate.closed()) {
      Rest(gate);
      continue;
    }
    const RoundResult result = LockedRound(now, stopper);
    if (MayGoFirst()) KeepPrompt(now, promptness);
    if (result == RoundResult::kTargetEnded) done_ = true;
    if (!done_ && stopper.needs_retirement()) return;
    if (now >= next_progress_) ReportProgress(now);
  }
  EndSampling();
}

// Nothing is held between two rounds. The books are closed, and opened again afterwards: what the
// threads did meanwhile is nobody's, and the profile's time begins so much later.
void ProcessSampler::Rest(SamplingGate& gate) {
  const Nanos begin = clock_.Now();
  if (unreadable_since_ == 0) {
    RefreshNames();  // a thread is known again by its name
    recorder_->LookAtEnd(begin);
  }
  recorder_->Rest(begin);
  gate.Leave();
  gate.Enter();
  if (HasEnded()) done_ = true;
  const Nanos rested = BeginRecording() - begin;
  begin_ += rested;
  profile_->set_start(profile_->start(), begin_);
  if (duration_) deadline_ += rested;
  if (unreadable_since_ != 0) unreadable_since_ += rested;
  rounds_->BeginAnew();
  awake_.clear();
  all_at_rest_ = false;
  LogInfo(absl::StrFormat("process %d: sampling paused for %.1f s, of which nothing is told",
                          attachment_->pid(), static_cast<double>(rested) / kSecond));
}

ProcessSampler::RoundResult ProcessSampler::LockedRound(Nanos now, ThreadStopControl& control) {
  const std::lock_guard lock(rounds_mutex_);
  return Round(now, control);
}

void ProcessSampler::EndSampling() {
  Nanos end = clock_.Now();
  if (IsReplaced(end)) {
    end = unreadable_since_;
  } else {
    RefreshNames();
    recorder_->LookAtEnd(end);
  }
  recorder_->Finish(end);
  NoteCosts();
  profile_->set_duration(end - begin_);
}

// Something runs, but no Python that can be read, and for longer than a process takes to end.
bool ProcessSampler::IsReplaced(Nanos now) const {
  return unreadable_since_ != 0 && now - unreadable_since_ > kLongestEnd;
}

bool ProcessSampler::MayGoFirst() const {
  return options_.pause == PauseMode::kAuto && rate_hz_ <= kSharingRate;
}

void ProcessSampler::KeepPrompt(Nanos begin, Promptness& promptness) {
  const Nanos now = clock_.Now();
  const bool first = promptness.GoesFirstAfter({.now = now,
                                                .late = rounds_->lateness(),
                                                .queued = recorder_->queued(),
                                                .worked = now - begin - reader_->waited()});
  if (first == goes_first_) return;
  goes_first_ = first;
  if (!first || !GoBeforeOthers()) RequestPromptness(true);
}

// In the tracer's thread: on a machine without a free CPU that has only just got one.
void ProcessSampler::BeginSampling() {
  begin_ = BeginRecording();
  profile_->set_start(absl::Now(), begin_);
  deadline_ = duration_ ? begin_ + *duration_ : std::numeric_limits<Nanos>::max();
  rounds_ = std::make_unique<SamplingClock>(
      clock_, rate_hz_, std::random_device{}(),
      options_.one_of_many ? kLongestPatience : SamplingClock::kLongestSleep);
}

// The scheduler's counts of the threads that are there are read now, not at the first round.
Nanos ProcessSampler::BeginRecording() {
  attachment_->Look(clock_.Now());
  const Nanos now = clock_.Now();
  recorder_->Begin(now);
  LogDebug(absl::StrFormat("process %d: interpreters: %d, threads in them: %d", attachment_->pid(),
                           attachment_->states().interpreters().size(),
                           attachment_->threads().size()));
  return now;
}

// Reads maps and symbols, so it takes some milliseconds.
void ProcessSampler::BeginTarget() {
  recorder_ = std::make_unique<SampleRecorder>(*attachment_, *profile_, options_);
  awake_.clear();
  all_at_rest_ = false;
  reader_ = std::make_unique<StackReader>(attachment_->memory(), attachment_->interpreter().layout);
  unreadable_since_ = 0;
  last_look_ = 0;
  next_names_ = clock_.Now() + kNamesEvery;
  names_pause_ = kNamesAfterChange;
}

// As long as all threads are blocked and none has been on a CPU since, nothing can have changed: a
// few preads tell it for less than a look. What else may begin to run Python is found by the next
// full look.
bool ProcessSampler::NobodyHasRun(Nanos now) {
  if (!all_at_rest_ || now >= next_full_look_) return false;
  const WatchedThreads threads = attachment_->threads();
  return std::all_of(threads.begin(), threads.end(), [](WatchedThread* thread) {
    const std::optional<SchedStat> sched = thread->probe.ReadSchedStat();
    return sched && sched->slices == thread->sched.slices;
  });
}

ProcessSampler::RoundResult ProcessSampler::Round(Nanos now, ThreadStopControl& control) {
  if (NobodyHasRun(now)) {
    ++profile_->figures().rounds;
    recorder_->BeginRound(now, 0, rounds_->period());
    recorder_->EndRound();
    return RoundResult::kGoOn;
  }
  ThreadStates::LookResult look = Look(now);
  if (look == ThreadStates::LookResult::kUnreadable) return HandleUnreadable(now);
  unreadable_since_ = 0;
  ++profile_->figures().rounds;
  WatchedThreads threads = Read(look, control);
  const std::vector<Ended> ended = EndedAmong(threads);
  if (!ended.empty()) {
    attachment_->MatchAnew();
    // The round's one stop, if it has been made, was for another thread.
    const bool stopped = std::any_of(threads.begin(), threads.end(),
                                     [](const auto* thread) { return thread->was_stopped; });
    if (!stopped) {
      look = attachment_->Look(now);
      if (look == ThreadStates::LookResult::kUnreadable) return HandleUnreadable(now);
      threads = Read(look, control);
    }
  }
  attachment_->RefreshNamesIfDue(now);
  Record(threads, ended, now);
  if (look != ThreadStates::LookResult::kQuiet) SortOutAwake(now);
  if (look == ThreadStates::LookResult::kChanged && profile_->figures().rounds > 1) {
    next_names_ = std::min(next_names_, now + names_pause_);
    name_trials_ = kNameTrials;
  }
  if (now >= next_names_) RefreshNames();
  return RoundResult::kGoOn;
}

WatchedThreads ProcessSampler::Read(ThreadStates::LookResult look, ThreadStopControl& control) {
  const bool quiet = look == ThreadStates::LookResult::kQuiet;
  const WatchedThreads threads = quiet ? WatchedThreads(awake_) : attachment_->threads();
  reader_->ReadRound(attachment_->states(), threads,
                     {options_.pause, options_.gil_only, rate_hz_ <= kSharingRate,
                      options_.native != NativeDetail::kNone},
                     control, profile_->figures().stops);
  return threads;
}

std::vector<ProcessSampler::Ended> ProcessSampler::EndedAmong(WatchedThreads threads) {
  std::vector<Ended> ended;
  for (const WatchedThread* thread : threads) {
    if (thread->reading == Reading::kGone) ended.push_back({thread->serial, thread->state.address});
  }
  return ended;
}

// One that has ended between the look and the read was there in this round; unless another one has
// its thread state now, and had it at the look already: it has been gone for longer then.
void ProcessSampler::Record(WatchedThreads threads, const std::vector<Ended>& ended, Nanos now) {
  recorder_->BeginRound(now + reader_->waited(), reader_->waited(), rounds_->period());
  for (const Ended& thread : ended) {
    const auto& states = attachment_->states().threads();
    const bool passed_on = std::any_of(states.begin(), states.end(), [&](const auto& state) {
      return state.address == thread.state;
    });
    if (!passed_on) recorder_->RecordEnd(thread.serial);
  }
  for (const bool holders : {true, false}) {
    for (WatchedThread* thread : threads) {
      const bool holder = thread->holds_gil || thread->held_gil || thread->was_stopped;
      if (holder == holders) recorder_->Record(*thread);
    }
  }
  recorder_->EndRound();
}

// Without stops all that runs is read twice, whoever holds the GIL, so at the highest rates a look
// need not go with every round.
ThreadStates::LookResult ProcessSampler::Look(Nanos now) {
  const bool fresh = now - last_look_ < kLookLife && unreadable_since_ == 0;
  if (options_.pause == PauseMode::kNever && fresh) return ThreadStates::LookResult::kSame;
  last_look_ = now;
  if (now >= next_full_look_ || awake_.empty()) return attachment_->Look(now);
  return attachment_->Look(now, WatchedThreads(awake_));
}

Nanos ProcessSampler::LongestRest() const {
  return std::clamp(kRestingRounds * rounds_->period(), kShortestRest, kLongestRest);
}

void ProcessSampler::SortOutAwake(Nanos now) {
  recorder_->ForgetEnded();
  next_full_look_ = now + LongestRest();
  awake_.clear();
  const WatchedThreads all = attachment_->threads();
  all_at_rest_ = !all.empty() && all.size() <= kFewThreads &&
                 std::all_of(all.begin(), all.end(), [](const auto* each) { return each->settled; });
  for (WatchedThread* thread : all) {
    const bool at_rest = thread->settled && !attachment_->states().HeldGilLast(thread->state);
    if (!at_rest) awake_.push_back(thread);
  }
}

// Another process may have its pid.
bool ProcessSampler::HasEnded() const {
  const absl::StatusOr<ProcessStat> stat = attachment_->files().Stat();
  if (!stat.ok() || stat->state == 'Z' || stat->state == 'X') return true;
  return stat->start_time != attachment_->start_time();
}

// The target has ended, or it runs another program now.
ProcessSampler::RoundResult ProcessSampler::HandleUnreadable(Nanos now) {
  awake_.clear();
  all_at_rest_ = false;
  if (HasEnded()) return RoundResult::kTargetEnded;
  if (unreadable_since_ == 0) unreadable_since_ = now;
  if (ReattachAfterExec()) {
    BeginTarget();
    BeginRecording();
    return RoundResult::kGoOn;
  }
  if (clock_.Now() - unreadable_since_ > kExecPatience) {
    LogWarning(absl::StrFormat("process %d no longer runs a Python that can be read; sampling ends",
                               attachment_->pid()));
    return RoundResult::kTargetEnded;
  }
  clock_.SleepUntil(clock_.Now() + kExecPause);
  return RoundResult::kGoOn;
}

bool ProcessSampler::ReattachAfterExec() {
  absl::StatusOr<std::unique_ptr<Attachment>> next = Attachment::Create(attachment_->pid());
  if (!next.ok()) return false;
  // What the scheduler says by now is of the new program.
  recorder_->Finish(unreadable_since_);
  recorder_.reset();  // it refers to the old one
  reader_.reset();
  attachment_ = *std::move(next);
  LogInfo(absl::StrFormat("process %d runs another program now (exec): Python %s",
                          attachment_->pid(), attachment_->info().python_version));
  return true;
}

void ProcessSampler::RefreshNames() {
  const Nanos now = clock_.Now();
  const bool calm = now - last_names_ > 2 * kNamesAmidChanges;
  names_pause_ = calm ? kNamesAfterChange : std::min(4 * names_pause_, kNamesAmidChanges);
  next_names_ = now + kNamesEvery;
  last_names_ = now;
  attachment_->RefreshNames();
  recorder_->UpdateNames();
  if (name_trials_ == 0 || !attachment_->HasNamelessThreads()) return;
  --name_trials_;
  next_names_ = now + names_pause_;
}

void ProcessSampler::ReportProgress(Nanos now) {
  next_progress_ = now + kProgressEvery;
  // For a recording, which may be cut off.
  NoteCosts();
  profile_->set_duration(now - begin_);
  if (!*progress_) return;
  const SamplingFigures& figures = profile_->figures();
  (*progress_)({.elapsed = now - begin_,
                .samples = figures.samples,
                .threads = attachment_->threads().size(),
                .rounds = figures.rounds,
                .lost = std::accumulate(figures.lost.begin(), figures.lost.end(), uint64_t{0}),
                .tracer_cpu = tracer_cpu_ + ThreadCpuTime(),
                .stopped = figures.stops.total(),
                .stopped_most = figures.stops.max()});
}

absl::StatusOr<Snapshot> ProcessSampler::TakeSnapshot(const SnapshotOptions& options) {
  return spyhop::TakeSnapshot(pid_, options, &rounds_mutex_);
}

uint64_t OwnResidentBytes() { return ResidentBytes(); }

absl::StatusOr<Snapshot> Sampler::TakeSnapshot(const SnapshotOptions& options) {
  return spyhop::TakeSnapshot(target().pid, options);
}

absl::StatusOr<std::unique_ptr<Sampler>> Sampler::Create(int pid, const SamplerOptions& options) {
  absl::StatusOr<std::unique_ptr<Attachment>> attachment = Attachment::Create(pid);
  if (!attachment.ok()) return WithRelative(pid, attachment.status());
  return std::make_unique<ProcessSampler>(*std::move(attachment), options);
}

}  // namespace spyhop
