// Turns what a round found out about each thread into samples of the profile.
//
// Keeps, for each thread of one target, the row of the profile that is its own, its ledger, and
// what was last seen of it. Runs in the tracer's thread after the target has been resumed. Threads
// at rest are not looked at in every round; their next sample stands for all the rounds between.
#ifndef SPYHOP_SAMPLER_SAMPLE_RECORDER_H_
#define SPYHOP_SAMPLER_SAMPLE_RECORDER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "sampler/attachment.h"
#include "sampler/classifier.h"
#include "sampler/native_stacks.h"
#include "sampler/native_threads.h"
#include "sampler/profile/profile.h"
#include "sampler/sampler.h"
#include "sampler/stack_resolver.h"
#include "sampler/thread_ledger.h"

namespace spyhop {

class SampleRecorder {
 public:
  // Both must outlive this.
  SampleRecorder(Attachment& attachment, Profile& profile, const SamplerOptions& options);

  // Sampling begins, or goes on: threads that are there at the next round have been watched since
  // then.
  void Begin(Nanos now);

  // `waited`: for so long, up to `now`, threads were on their way to a stop. Rounds are to be
  // `period` apart.
  void BeginRound(Nanos now, Nanos waited, Nanos period);
  // Holders of a GIL first: what others wait for is told by them.
  void Record(WatchedThread& thread);
  // A thread that was there at the round's look has ended before it could be read.
  void RecordEnd(uint64_t serial);
  void EndRound();
  // In this round: for how long all threads that were recorded have queued since they were before.
  Nanos queued() const { return queued_; }
  // Closes the books of threads that have ended.
  void ForgetEnded();
  // The scheduler's last word of each thread, as long as the program is there.
  void LookAtEnd(Nanos now);
  // Closes all books until the next Begin().
  void Rest(Nanos now);
  // Sampling ends: the profile's times are made to add up to what the scheduler says.
  void Finish(Nanos now);
  // After Attachment::RefreshNames.
  void UpdateNames();

 private:
  // What was last told of a watched thread state.
  struct ThreadRecord {
    std::shared_ptr<ThreadLedger> ledger;
    std::unique_ptr<StackResolver> resolver;
    StackResolver::Result last;
    TimeClass time_class = TimeClass::kPython;  // as last told
    StringId reason{};
    RawFrame leaf;
    uint64_t slices = 0;
    bool ran = false;
    int looks_alike = 0;
    Nanos on_cpu = 0;  // at the first of them
    Nanos run_queue = 0;
    // Of its last wait.
    std::optional<RawFrame> wait_leaf;
    TimeClass wait_class = TimeClass::kWait;
    StringId wait_reason{};
    bool seen = false;  // by ForgetEnded
  };

  void Resolve(WatchedThread& thread, ThreadRecord& record);
  StackResolver::Result StackOf(WatchedThread& thread, ThreadRecord& record);
  void Classify(WatchedThread& thread, ThreadRecord& record);
  // "held by NAME at FILE:LINE" for a thread that waits for the GIL.
  StringId ReasonOfGilWait(const WatchedThread& thread);
  void NoteHolder(const WatchedThread& thread, const ThreadRecord& record);
  void Close(ThreadLedger& ledger);
  void Calibrate();
  ThreadRecord& RecordOf(const WatchedThread& thread);
  std::shared_ptr<ThreadLedger> LedgerOf(const WatchedThread& thread);
  SchedStat OpeningBalance(const WatchedThread& thread) const;
  ThreadIndex NewThread(const WatchedThread& thread, std::string name);
  TimeClass InUserMode(const WatchedThread& thread, const ThreadRecord& record);
  // The innermost frames, leaf first. Valid until the profile grows.
  absl::Span<const WaitFrame> WaitFramesOf(StackId stack);
  // Does the thread run another one of its thread states, in another interpreter?
  bool IsEclipsed(const WatchedThread& thread) const;

  Attachment& attachment_;
  Profile& profile_;
  const SamplerOptions options_;
  const uint32_t target_index_;
  NativeThreads native_threads_;
  Classifier classifier_;
  std::optional<NativeStacks> native_stacks_;                        // when asked for
  absl::flat_hash_map<uint64_t, ThreadRecord> records_;              // by the thread's serial
  absl::flat_hash_map<int, std::shared_ptr<ThreadLedger>> ledgers_;  // by tid
  absl::flat_hash_map<ThreadIndex, ThreadLedger::Balance> closed_;
  std::optional<ThreadIndex> further_threads_;
  // Who holds each GIL in this round, by the GIL's address.
  struct Holder {
    uint64_t round = 0;
    ThreadIndex thread{};
    FrameId leaf{};
    bool has_leaf = false;
  };
  absl::flat_hash_map<RemoteAddress, Holder> holders_;
  absl::flat_hash_map<std::pair<ThreadIndex, FrameId>, StringId> holder_texts_;
  std::vector<WaitFrame> wait_frames_;
  uint64_t round_ = 0;
  uint64_t round_before_ = 0;  // or, after a rest, its Begin()
  Nanos now_ = 0;
  Nanos last_round_ = 0;
  Nanos missed_ = 0;  // see ThreadLedger::Look
  Nanos queued_ = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_SAMPLE_RECORDER_H_
