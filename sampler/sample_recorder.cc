#include "sampler/sample_recorder.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace spyhop {
namespace {

constexpr uint32_t kFewSamples = 30;
constexpr size_t kMaxWaitFrames = 300;
// Nobody holds it: whoever is next has not got a CPU yet.
constexpr std::string_view kGilFree = "GIL, free";
constexpr std::string_view kGilHeld = "GIL";
// A thread that is met so often in a row at one instruction, always on its CPU, has stayed there.
constexpr int kLooksAlike = 3;
// A program that starts a thread for each request must not make the profile grow without end.
constexpr size_t kMaxThreadRows = 5000;

}  // namespace

SampleRecorder::SampleRecorder(Attachment& attachment, Profile& profile,
                               const SamplerOptions& options)
    : attachment_(attachment),
      profile_(profile),
      options_(options),
      target_index_(profile.AddTarget(attachment.info())),
      native_threads_(attachment.files(), attachment.memory(), profile, target_index_),
      classifier_(attachment) {
  if (options.native != NativeDetail::kNone) native_stacks_.emplace(attachment, options.native);
}

void SampleRecorder::Begin(Nanos now) {
  now_ = last_round_ = now;
  round_before_ = round_;
  native_threads_.Begin(now);
  for (WatchedThread* thread : attachment_.threads()) {
    thread->settled = false;  // its stack was another recorder's
    const std::optional<SchedStat> sched = thread->probe.ReadSchedStat();
    if (!sched) continue;
    thread->sched = *sched;
    RecordOf(*thread);
  }
}

void SampleRecorder::BeginRound(Nanos now, Nanos waited, Nanos period) {
  last_round_ = now_;
  now_ = now;
  queued_ = 0;
  // Rounds are half a period to two apart.
  const Nanos pause = now - waited - last_round_;
  missed_ = pause > 2 * period ? pause - period : 0;
  round_before_ = round_++;
}

void SampleRecorder::Record(WatchedThread& thread) {
  if (thread.reading == Reading::kNone || thread.reading == Reading::kGone) return;
  if (attachment_.states().interpreters().size() > 1 && IsEclipsed(thread)) return;
  ThreadRecord& record = RecordOf(thread);
  ThreadLedger& ledger = *record.ledger;
  if (ledger.last_round() == round_) return;
  queued_ += thread.sched.run_queue - std::exchange(record.run_queue, thread.sched.run_queue);
  if (thread.reading == Reading::kFresh) Resolve(thread, record);
  thread.unrecorded = false;
  const ThreadLedger::Look look{.round = round_,
                                .now = now_,
                                .round_before = last_round_,
                                .missed = missed_,
                                .sched = thread.sched,
                                .held = thread.held,
                                .blocked = thread.blocked,
                                .stop_queued = thread.stop_queued,
                                .was_stopped = thread.was_stopped,
                                .holds_gil = thread.holds_gil,
                                .in_user_mode = InUserMode(thread, record),
                                .reused = thread.reading == Reading::kReused,
                                .holder_only = options_.gil_only};
  // Of one whose stack was not seen, the place before: its time goes there, too (ThreadLedger).
  if (thread.holds_gil || thread.held_gil) NoteHolder(thread, record);
  if (thread.reading == Reading::kLost) return ledger.AddLost(look, thread.lost_cause);
  if (record.time_class == TimeClass::kGil) record.reason = ReasonOfGilWait(thread);
  Sample sample;
  sample.stack = record.last.stack;
  sample.truncated = record.last.truncated;
  sample.time_class = record.time_class;
  sample.wait_reason = record.reason;
  std::optional<CpuTicks> ticks;
  if (IsRunning(sample.time_class) && ledger.TakeTicksDue(now_)) ticks = thread.probe.ReadTicks();
  ledger.Add(look, sample, ticks);
}

void SampleRecorder::RecordEnd(uint64_t serial) {
  const auto record = records_.find(serial);
  if (record != records_.end()) record->second.ledger->AddEnd(round_, now_);
}

// Asked for only where the kernel's ticks may take time out of it again.
TimeClass SampleRecorder::InUserMode(const WatchedThread& thread, const ThreadRecord& record) {
  const bool in_kernel = record.time_class == TimeClass::kKernel;
  return in_kernel && !classifier_.IsInCall(thread, now_) ? TimeClass::kPython : TimeClass::kNative;
}

void SampleRecorder::Close(ThreadLedger& ledger) {
  const ThreadLedger::Balance balance = ledger.Close(round_, now_);
  ThreadLedger::Balance& closed = closed_[ledger.thread()];
  closed.totals.running += balance.totals.running;
  closed.totals.cpu += balance.totals.cpu;
  closed.totals.queued += balance.totals.queued;
  closed.totals.blocked += balance.totals.blocked;
  closed.samples += balance.samples;
}

bool SampleRecorder::IsEclipsed(const WatchedThread& thread) const {
  const WatchedThreads all = attachment_.threads();
  return std::any_of(all.begin(), all.end(), [&](const WatchedThread* other) {
    if (other->tid != thread.tid || other == &thread) return false;
    if (other->holds_gil != thread.holds_gil) return other->holds_gil;
    // The newer interpreter, which comes first in the list, was entered from the older one.
    const bool runs = !other->stack.frames().empty();
    return runs &&
           (thread.stack.frames().empty() || other->state.interpreter < thread.state.interpreter);
  });
}

void SampleRecorder::Resolve(WatchedThread& thread, ThreadRecord& record) {
  const StackResolver::Result result = StackOf(thread, record);
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
  Classify(thread, record);
}

StackResolver::Result SampleRecorder::StackOf(WatchedThread& thread, ThreadRecord& record) {
  if (!native_stacks_) {
    return record.resolver->Resolve(thread.stack, thread.collects_garbage, now_);
  }
  if (!thread.has_native) {
    StackResolver::Result result =
        record.resolver->Resolve(thread.stack, thread.collects_garbage, now_);
    if (result.truncated == SampleErrorCode::kNone) {
      result.truncated = SampleErrorCode::kNativeNotRead;
    }
    return result;
  }
  const NativeStacks::Result merged = native_stacks_->Merge(thread, now_);
  // The next one is to be whole.
  if (NativeStacks::Grow(*thread.native, merged)) thread.settled = false;
  return record.resolver->ResolveMerged(thread.stack, merged, thread.native->where(), now_);
}

void SampleRecorder::Classify(WatchedThread& thread, ThreadRecord& record) {
  const RawFrame leaf = thread.stack.frames().empty() ? RawFrame() : thread.stack.frames().front();
  const bool same = record.ran && leaf == record.leaf && thread.sched.slices == record.slices;
  if (!same) record.on_cpu = thread.sched.on_cpu;
  record.looks_alike = same ? record.looks_alike + 1 : 1;
  // A thread that queues for a CPU looks alike, too, but uses none.
  const bool kept_running =
      record.looks_alike >= kLooksAlike && thread.sched.on_cpu > record.on_cpu;
  record.leaf = leaf;
  record.slices = thread.sched.slices;
  record.ran = !thread.blocked;
  if (!thread.blocked) {
    // It wakes up from its wait; whether it is on a CPU yet, the kernel does not tell.
    const bool wakes = !thread.was_stopped && !kept_running && leaf == record.wait_leaf;
    record.time_class =
        wakes ? record.wait_class : classifier_.OfRunning(thread, kept_running, now_);
    record.reason = wakes ? record.wait_reason : StringId{};
    return;
  }
  const WaitVerdict verdict = classifier_.OfBlocked(thread, WaitFramesOf(record.last.stack), now_);
  record.time_class = verdict.time_class;
  record.reason = profile_.strings().Intern(verdict.reason);
  // A call that has computed waits for the GIL at the same place; the next time it computes again.
  if (record.time_class == TimeClass::kGil) {
    if (leaf == record.wait_leaf) record.wait_leaf.reset();
    return;
  }
  record.wait_leaf = leaf;
  record.wait_class = record.time_class;
  record.wait_reason = record.reason;
}

absl::Span<const WaitFrame> SampleRecorder::WaitFramesOf(StackId stack) {
  const StringTable& strings = profile_.strings();
  wait_frames_.clear();
  for (; stack != kNoStack && wait_frames_.size() < kMaxWaitFrames;
       stack = profile_.stacks().Parent(stack)) {
    const Frame& frame = profile_.frames().Get(profile_.stacks().Leaf(stack));
    if (frame.kind != FrameKind::kPython) continue;
    wait_frames_.push_back({strings.Get(frame.file), strings.Get(frame.function), frame.line});
  }
  return wait_frames_;
}

void SampleRecorder::NoteHolder(const WatchedThread& thread, const ThreadRecord& record) {
  const GilReader& gil = *attachment_.states().interpreters()[thread.state.interpreter].gil;
  Holder& holder = holders_[gil.address()];
  holder = {.round = round_, .thread = record.ledger->thread()};
  for (StackId stack = record.last.stack; stack != kNoStack && !holder.has_leaf;
       stack = profile_.stacks().Parent(stack)) {
    holder.leaf = profile_.stacks().Leaf(stack);
    holder.has_leaf = profile_.frames().Get(holder.leaf).kind == FrameKind::kPython;
  }
}

StringId SampleRecorder::ReasonOfGilWait(const WatchedThread& thread) {
  const GilReader& gil = *attachment_.states().interpreters()[thread.state.interpreter].gil;
  const Holder& holder = holders_[gil.address()];
  if (holder.round != round_ || !holder.has_leaf) {
    return profile_.strings().Intern(thread.gil_was_free ? kGilFree : kGilHeld);
  }
  const auto [text, fresh] = holder_texts_.try_emplace({holder.thread, holder.leaf});
  if (fresh) {
    const Frame& frame = profile_.frames().Get(holder.leaf);
    text->second = profile_.strings().Intern(GilReason(
        profile_.thread(holder.thread).name, profile_.strings().Get(frame.file), frame.line));
  }
  return text->second;
}

SampleRecorder::ThreadRecord& SampleRecorder::RecordOf(const WatchedThread& thread) {
  ThreadRecord& record = records_[thread.serial];
  if (record.resolver == nullptr) {
    record.ledger = LedgerOf(thread);
    record.run_queue = thread.sched.run_queue;
    record.resolver = std::make_unique<StackResolver>(attachment_.codes(), profile_);
  }
  return record;
}

std::shared_ptr<ThreadLedger> SampleRecorder::LedgerOf(const WatchedThread& thread) {
  std::shared_ptr<ThreadLedger>& ledger = ledgers_[thread.tid];
  std::string name = attachment_.NameOf(thread);
  const bool watched = ledger != nullptr && ledger.use_count() > 1;
  if (watched) return ledger;
  // One that was there before under this name has only got a new thread state.
  const bool back = ledger != nullptr && profile_.thread(ledger->thread()).name == name;
  if (!back) ledger = std::make_shared<ThreadLedger>(profile_, NewThread(thread, std::move(name)));
  ledger->Open(round_before_, last_round_, OpeningBalance(thread),
               ThreadProbe(attachment_.pid(), thread.tid).ReadTicks().value_or(CpuTicks()));
  return ledger;
}

// What the scheduler had counted of the thread when the last round was. A new one has queued for
// its first CPU before it could run any line.
SchedStat SampleRecorder::OpeningBalance(const WatchedThread& thread) const {
  const SchedStat& sched = thread.sched;
  const bool newborn = round_ > 1 && sched.on_cpu + sched.run_queue <= now_ - last_round_;
  if (!newborn) return sched;
  const uint64_t first_slices = thread.was_stopped ? 2 : 1;
  return {.run_queue = sched.slices <= first_slices ? sched.run_queue : Nanos{0}};
}

ThreadIndex SampleRecorder::NewThread(const WatchedThread& thread, std::string name) {
  ThreadInfo info;
  info.target = target_index_;
  if (profile_.threads().size() < kMaxThreadRows) {
    info.tid = thread.tid;
    info.name = std::move(name);
    return profile_.AddThread(std::move(info));
  }
  if (!further_threads_) {
    info.name = "(further threads)";
    further_threads_ = profile_.AddThread(std::move(info));
  }
  return *further_threads_;
}

void SampleRecorder::ForgetEnded() {
  if (records_.size() == attachment_.threads().size()) return;
  for (auto& [serial, record] : records_) record.seen = false;
  for (const WatchedThread* thread : attachment_.threads()) {
    const auto found = records_.find(thread->serial);
    if (found != records_.end()) found->second.seen = true;
  }
  absl::erase_if(records_, [this](auto& entry) {
    ThreadRecord& record = entry.second;
    const bool last = record.ledger.use_count() == 2;  // ours and ledgers_'s
    if (!record.seen && last) Close(*record.ledger);
    return !record.seen;
  });
  // Those without a thread state are kept for a while, for one that comes back.
  if (ledgers_.size() < kMaxThreadRows) return;
  absl::erase_if(ledgers_, [](const auto& entry) { return entry.second.use_count() == 1; });
}

void SampleRecorder::EndRound() {
  if (!options_.gil_only) native_threads_.Look(now_, attachment_.threads());
}

void SampleRecorder::LookAtEnd(Nanos now) {
  for (WatchedThread* thread : attachment_.threads()) {
    const auto found = records_.find(thread->serial);
    const std::optional<SchedStat> sched = thread->probe.ReadSchedStat();
    if (found != records_.end() && sched) found->second.ledger->LookAtEnd(now, *sched);
  }
}

void SampleRecorder::Rest(Nanos now) {
  native_threads_.Rest(now);
  for (auto& [serial, record] : records_) Close(*record.ledger);
  records_.clear();
}

void SampleRecorder::Finish(Nanos now) {
  Rest(now);
  Calibrate();
}

// Of a thread that was met a few times only, the samples are the better estimate: of its time
// before the first and after the last one nothing is known.
void SampleRecorder::Calibrate() {
  if (options_.gil_only) return;
  absl::flat_hash_map<ThreadIndex, TimeTotals> totals;
  for (const auto& [index, balance] : closed_) {
    if (balance.samples >= kFewSamples && index != further_threads_) totals[index] = balance.totals;
  }
  profile_.Calibrate(totals);
}

void SampleRecorder::UpdateNames() {
  for (const WatchedThread* thread : attachment_.threads()) {
    const auto found = records_.find(thread->serial);
    if (found == records_.end() || found->second.ledger->thread() == further_threads_) continue;
    std::string name = attachment_.NameOf(*thread);
    ThreadInfo& row = profile_.thread(found->second.ledger->thread());
    if (name.empty() || name == row.name) continue;
    row.name = std::move(name);
    holder_texts_.clear();
  }
}

}  // namespace spyhop
