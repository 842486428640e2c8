#include "sampler/process_sampler.h"

#include <algorithm>
#include <limits>
#include <random>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "sampler/target/scheduling.h"
#include "sampler/target/syscall_names.h"
#include "sampler/target/thread_stop.h"

namespace spyhop {
namespace {

constexpr Nanos kProgressEvery = 500 * kMillisecond;
// A thread takes its name when it has started: names are read again soon after threads came, and
// ever later while they keep coming, for it is twenty reads a thread; else rarely.
constexpr Nanos kNamesAfterChange = 20 * kMillisecond;
constexpr Nanos kNamesAmidChanges = kSecond;
constexpr Nanos kNamesEvery = 60 * kSecond;
// A program that is replaced by exec is unreadable until its new interpreter has started.
constexpr Nanos kExecPatience = 5 * kSecond;
constexpr Nanos kExecPause = 5 * kMillisecond;
// A program that starts a thread for each request must not make the profile grow without end.
// Above it a read from the target's CPU (some 35 us) would take too much of it.
constexpr double kSharingRate = 2000;
constexpr Nanos kLookLife = 50 * kMicrosecond;
constexpr int kLongestCarry = 20;
constexpr size_t kMaxThreadRows = 5000;

}  // namespace

ProcessSampler::ProcessSampler(std::unique_ptr<Attachment> attachment,
                               const SamplerOptions& options)
    : attachment_(std::move(attachment)), options_(options) {}

absl::Status ProcessSampler::Run(const std::atomic<bool>& stop, Profile& profile,
                                 const std::function<void(const SamplingProgress&)>& progress) {
  profile_ = &profile;
  progress_ = &progress;
  SamplingFigures& figures = profile.figures();
  figures.rate_hz = options_.rate_hz;
  figures.pause_mode = options_.pause == PauseMode::kAuto ? "auto" : "never";
  profile.set_start(absl::Now());
  begin_ = monotonic_.Now();
  deadline_ = options_.duration ? begin_ + *options_.duration : std::numeric_limits<Nanos>::max();
  const Nanos cpu_before = ProcessCpuTime();
  rounds_ = std::make_unique<SamplingClock>(monotonic_, options_.rate_hz, std::random_device{}());
  done_ = false;
  BeginTarget(begin_);
  // The end of a tracer thread detaches whatever it holds (ptrace(2)); after a thread of the target
  // did not stop in time, the tracer ends and another takes over.
  while (!done_) {
    std::thread tracer([this, &stop] { RunTracer(stop); });
    tracer.join();
  }
  profile.set_duration(monotonic_.Now() - begin_);
  figures.late_rounds = rounds_->late_rounds();
  figures.own_cpu = ProcessCpuTime() - cpu_before;
  figures.own_peak_rss_bytes = PeakResidentBytes();
  return absl::OkStatus();
}

void ProcessSampler::RunTracer(const std::atomic<bool>& stop) {
  RequestShortSlice();
  ThreadStopper stopper;
  while (!done_) {
    const Nanos now = rounds_->AwaitNext(deadline_, stop);
    if (stop.load(std::memory_order_relaxed) || now >= deadline_) {
      done_ = true;
      break;
    }
    const RoundResult result = Round(now, stopper);
    if (result == RoundResult::kTargetEnded) done_ = true;
    if (result == RoundResult::kRetire) return;
    if (now >= next_progress_) ReportProgress(now);
  }
  RefreshNames();
}

void ProcessSampler::BeginTarget(Nanos now) {
  records_.clear();
  kernel_threads_.clear();
  reader_ = std::make_unique<StackReader>(attachment_->memory(), attachment_->interpreter().layout);
  target_index_ = profile_->AddTarget(attachment_->info());
  last_round_ = now;
  unreadable_since_ = 0;
  last_look_ = 0;
  next_names_ = now + kNamesEvery;
  names_pause_ = kNamesAfterChange;
}

ProcessSampler::RoundResult ProcessSampler::Round(Nanos now, ThreadStopControl& control) {
  const ThreadStates::LookResult look = Look(now);
  if (look == ThreadStates::LookResult::kUnreadable) return HandleUnreadable(now);
  unreadable_since_ = 0;
  ++profile_->figures().rounds;
  reader_->ReadRound(attachment_->states(), attachment_->threads(),
                     {options_.pause, options_.gil_only, options_.rate_hz <= kSharingRate}, control,
                     profile_->figures().stops);
  for (const std::unique_ptr<WatchedThread>& thread : attachment_->threads()) {
    Record(*thread, now);
  }
  if (records_.size() > attachment_->threads().size()) ForgetEnded();
  if (look == ThreadStates::LookResult::kChanged && profile_->figures().rounds > 1) {
    next_names_ = std::min(next_names_, now + names_pause_);
  }
  if (now >= next_names_) RefreshNames();
  last_round_ = now;
  return control.needs_retirement() ? RoundResult::kRetire : RoundResult::kGoOn;
}

// Without stops all that runs is read twice, whoever holds the GIL, so at the highest rates a look
// need not go with every round.
ThreadStates::LookResult ProcessSampler::Look(Nanos now) {
  const bool fresh = now - last_look_ < kLookLife && unreadable_since_ == 0;
  if (options_.pause == PauseMode::kNever && fresh) return ThreadStates::LookResult::kSame;
  last_look_ = now;
  return attachment_->Look(now);
}

// The target has ended, or runs another program now.
ProcessSampler::RoundResult ProcessSampler::HandleUnreadable(Nanos now) {
  const absl::StatusOr<ProcessStat> stat = attachment_->files().Stat();
  if (!stat.ok() || stat->state == 'Z' || stat->state == 'X') return RoundResult::kTargetEnded;
  if (unreadable_since_ == 0) unreadable_since_ = now;
  if (ReattachAfterExec()) {
    BeginTarget(monotonic_.Now());
    return RoundResult::kGoOn;
  }
  if (monotonic_.Now() - unreadable_since_ > kExecPatience) {
    LogWarning(absl::StrFormat("process %d no longer runs a Python that can be read; sampling ends",
                               attachment_->pid()));
    return RoundResult::kTargetEnded;
  }
  monotonic_.SleepUntil(monotonic_.Now() + kExecPause);
  return RoundResult::kGoOn;
}

bool ProcessSampler::ReattachAfterExec() {
  absl::StatusOr<std::unique_ptr<Attachment>> next = Attachment::Create(attachment_->pid());
  if (!next.ok()) return false;
  attachment_ = *std::move(next);
  LogInfo(absl::StrFormat("process %d runs another program now (exec): Python %s",
                          attachment_->pid(), attachment_->info().python_version));
  return true;
}

void ProcessSampler::Record(WatchedThread& thread, Nanos now) {
  if (thread.reading == Reading::kNone || thread.reading == Reading::kGone) return;
  if (attachment_->states().interpreters().size() > 1 && IsEclipsed(thread)) return;
  ThreadRecord& record = RecordOf(thread);
  KernelThread& kernel = *record.kernel;
  if (thread.reading == Reading::kFresh) Resolve(thread, record, now);
  if (CarriesOver(thread, kernel)) return;
  Sample sample;
  sample.thread = kernel.index;
  sample.weight = now - kernel.last_sample;
  sample.cpu = thread.sched.on_cpu - kernel.last_sched.on_cpu;
  sample.time_class = ClassOf(thread, kernel.last_sched, sample.weight);
  kernel.last_sample = now;
  kernel.last_sched = thread.sched;
  if (thread.reading == Reading::kLost) {
    profile_->AddLost(sample, thread.lost_cause);
    return;
  }
  sample.stack = record.last.stack;
  sample.truncated = record.last.truncated;
  sample.wait_reason = record.wait_reason;
  profile_->Add(sample);
}

bool ProcessSampler::IsEclipsed(const WatchedThread& thread) const {
  const WatchedThreads& all = attachment_->threads();
  return std::any_of(all.begin(), all.end(), [&](const std::unique_ptr<WatchedThread>& other) {
    if (other->tid != thread.tid || other.get() == &thread) return false;
    if (other->holds_gil != thread.holds_gil) return other->holds_gil;
    // The newer interpreter, which comes first in the list, was entered from the older one.
    const bool runs = !other->stack.frames().empty();
    return runs &&
           (thread.stack.frames().empty() || other->state.interpreter < thread.state.interpreter);
  });
}

void ProcessSampler::Resolve(WatchedThread& thread, ThreadRecord& record, Nanos now) {
  const StackResolver::Result result =
      record.resolver->Resolve(thread.stack, thread.collects_garbage, now);
  const bool torn =
      result.truncated == SampleErrorCode::kIncompleteFrame ||
      (result.truncated == SampleErrorCode::kBadCode && options_.pause == PauseMode::kNever);
  if (torn) {
    thread.reading = Reading::kLost;
    thread.lost_cause = result.truncated;
    thread.settled = false;
    return;
  }
  record.last = result;
  record.wait_reason = thread.blocked ? WaitReasonOf(thread) : StringId{};
}

// A thread that was caught between two states, nanoseconds apart, was nowhere to be seen for an
// instant: its next sample carries the time. Not without end.
bool ProcessSampler::CarriesOver(const WatchedThread& thread, KernelThread& kernel) {
  const bool instant =
      thread.reading == Reading::kLost && (thread.lost_cause == SampleErrorCode::kIncompleteFrame ||
                                           thread.lost_cause == SampleErrorCode::kNotSeen);
  kernel.not_seen = instant ? kernel.not_seen + 1 : 0;
  if (!instant || kernel.not_seen > kLongestCarry) return false;
  Sample empty;
  empty.thread = kernel.index;
  profile_->AddLost(empty, thread.lost_cause);
  return true;
}

ProcessSampler::ThreadRecord& ProcessSampler::RecordOf(const WatchedThread& thread) {
  ThreadRecord& record = records_[thread.serial];
  if (record.resolver == nullptr) {
    record.kernel = KernelThreadOf(thread);
    record.resolver = std::make_unique<StackResolver>(attachment_->codes(), *profile_);
  }
  return record;
}

std::shared_ptr<ProcessSampler::KernelThread> ProcessSampler::KernelThreadOf(
    const WatchedThread& thread) {
  std::shared_ptr<KernelThread>& kernel = kernel_threads_[thread.tid];
  std::string name = attachment_->NameOf(thread);
  const bool watched = kernel != nullptr && kernel.use_count() > 1;
  if (watched) return kernel;
  // One that was there before under this name has only got a new thread state.
  const bool back = kernel != nullptr && profile_->thread(kernel->index).name == name;
  if (!back) {
    kernel = std::make_shared<KernelThread>();
    kernel->index = NewThread(thread, std::move(name));
  }
  kernel->last_sample = last_round_;
  kernel->last_sched = thread.sched;
  return kernel;
}

ThreadIndex ProcessSampler::NewThread(const WatchedThread& thread, std::string name) {
  ThreadInfo info;
  info.target = target_index_;
  if (profile_->threads().size() < kMaxThreadRows) {
    info.tid = thread.tid;
    info.name = std::move(name);
    return profile_->AddThread(std::move(info));
  }
  if (!short_lived_) {
    info.name = "(further threads)";
    short_lived_ = profile_->AddThread(std::move(info));
  }
  return *short_lived_;
}

TimeClass ProcessSampler::ClassOf(const WatchedThread& thread, const SchedStat& last,
                                  Nanos weight) const {
  const ThreadStates::InterpreterEntry& interpreter =
      attachment_->states().interpreters()[thread.state.interpreter];
  if (thread.blocked) {
    const bool on_gil = thread.call.number == kFutexCall &&
                        interpreter.gil->range().Contains(RemoteAddress(thread.call.arguments[0]));
    return on_gil ? TimeClass::kGil : TimeClass::kWait;
  }
  if (thread.sched.run_queue - last.run_queue > weight / 2) return TimeClass::kRunQueue;
  return TimeClass::kPython;
}

StringId ProcessSampler::WaitReasonOf(const WatchedThread& thread) {
  return profile_->strings().Intern(SyscallName(thread.call.number));
}

void ProcessSampler::ForgetEnded() {
  for (auto& [serial, record] : records_) record.seen = false;
  for (const std::unique_ptr<WatchedThread>& thread : attachment_->threads()) {
    const auto found = records_.find(thread->serial);
    if (found != records_.end()) found->second.seen = true;
  }
  absl::erase_if(records_, [](const auto& entry) { return !entry.second.seen; });
  // Those without a thread state are kept for a while, for one that comes back.
  if (kernel_threads_.size() < kMaxThreadRows) return;
  absl::erase_if(kernel_threads_, [](const auto& entry) { return entry.second.use_count() == 1; });
}

void ProcessSampler::RefreshNames() {
  const Nanos now = monotonic_.Now();
  const bool calm = now - last_names_ > 2 * kNamesAmidChanges;
  names_pause_ = calm ? kNamesAfterChange : std::min(4 * names_pause_, kNamesAmidChanges);
  next_names_ = now + kNamesEvery;
  last_names_ = now;
  attachment_->RefreshNames();
  for (const std::unique_ptr<WatchedThread>& thread : attachment_->threads()) {
    const auto found = records_.find(thread->serial);
    if (found == records_.end() || found->second.kernel->index == short_lived_) continue;
    std::string name = attachment_->NameOf(*thread);
    if (!name.empty()) profile_->thread(found->second.kernel->index).name = std::move(name);
  }
}

void ProcessSampler::ReportProgress(Nanos now) {
  next_progress_ = now + kProgressEvery;
  if (!*progress_) return;
  (*progress_)({now - begin_, profile_->figures().samples, attachment_->threads().size()});
}

absl::StatusOr<std::unique_ptr<Sampler>> Sampler::Create(int pid, const SamplerOptions& options) {
  absl::StatusOr<std::unique_ptr<Attachment>> attachment = Attachment::Create(pid);
  if (!attachment.ok()) return attachment.status();
  return std::make_unique<ProcessSampler>(*std::move(attachment), options);
}

}  // namespace spyhop
