// Sampler of one process: the loop of rounds, in a tracer thread of its own.
#ifndef SPYHOP_SAMPLER_PROCESS_SAMPLER_H_
#define SPYHOP_SAMPLER_PROCESS_SAMPLER_H_

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "sampler/attachment.h"
#include "sampler/sampler.h"
#include "sampler/sampling_clock.h"
#include "sampler/stack_reader.h"
#include "sampler/stack_resolver.h"

namespace spyhop {

class ProcessSampler : public Sampler {
 public:
  ProcessSampler(std::unique_ptr<Attachment> attachment, const SamplerOptions& options);

  const TargetInfo& target() const override { return attachment_->info(); }
  absl::Status Run(const std::atomic<bool>& stop, Profile& profile,
                   const std::function<void(const SamplingProgress&)>& progress) override;

 private:
  // A kernel thread in the profile. Several thread states can be its (subinterpreters, or a C
  // thread that gets a new one for each call into Python); only one of them is sampled in a round.
  struct KernelThread {
    ThreadIndex index{};
    Nanos last_sample = 0;
    SchedStat last_sched;
    int not_seen = 0;  // rounds in a row in which no stack could be told
  };
  // What was last told of a watched thread state.
  struct ThreadRecord {
    std::shared_ptr<KernelThread> kernel;
    std::unique_ptr<StackResolver> resolver;
    StackResolver::Result last;
    StringId wait_reason{};
    bool seen = false;  // in this round
  };
  enum class RoundResult { kGoOn, kTargetEnded, kRetire };

  void RunTracer(const std::atomic<bool>& stop);
  RoundResult Round(Nanos now, ThreadStopControl& control);
  ThreadStates::LookResult Look(Nanos now);
  RoundResult HandleUnreadable(Nanos now);
  bool ReattachAfterExec();
  void BeginTarget(Nanos now);
  void Record(WatchedThread& thread, Nanos now);
  void Resolve(WatchedThread& thread, ThreadRecord& record, Nanos now);
  bool CarriesOver(const WatchedThread& thread, KernelThread& kernel);
  ThreadRecord& RecordOf(const WatchedThread& thread);
  std::shared_ptr<KernelThread> KernelThreadOf(const WatchedThread& thread);
  ThreadIndex NewThread(const WatchedThread& thread, std::string name);
  // Does the thread run another one of its thread states, in another interpreter?
  bool IsEclipsed(const WatchedThread& thread) const;
  TimeClass ClassOf(const WatchedThread& thread, const SchedStat& last, Nanos weight) const;
  StringId WaitReasonOf(const WatchedThread& thread);
  void ForgetEnded();
  void RefreshNames();
  void ReportProgress(Nanos now);

  std::unique_ptr<Attachment> attachment_;
  const SamplerOptions options_;
  MonotonicClock monotonic_;
  // Of one Run.
  Profile* profile_ = nullptr;
  const std::function<void(const SamplingProgress&)>* progress_ = nullptr;
  std::unique_ptr<StackReader> reader_;
  std::unique_ptr<SamplingClock> rounds_;
  absl::flat_hash_map<uint64_t, ThreadRecord> records_;  // by the thread's serial
  absl::flat_hash_map<int, std::shared_ptr<KernelThread>> kernel_threads_;  // by tid
  uint32_t target_index_ = 0;
  Nanos begin_ = 0;
  Nanos deadline_ = 0;
  Nanos last_round_ = 0;
  Nanos last_look_ = 0;
  Nanos next_progress_ = 0;
  Nanos next_names_ = 0;
  Nanos last_names_ = 0;
  Nanos names_pause_ = 0;
  Nanos unreadable_since_ = 0;
  std::optional<ThreadIndex> short_lived_;
  bool done_ = false;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROCESS_SAMPLER_H_
