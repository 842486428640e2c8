// Sampler of one process: the loop of rounds, in a tracer thread of its own.
#ifndef SPYHOP_SAMPLER_PROCESS_SAMPLER_H_
#define SPYHOP_SAMPLER_PROCESS_SAMPLER_H_

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "sampler/attachment.h"
#include "sampler/promptness.h"
#include "sampler/sample_recorder.h"
#include "sampler/sampler.h"
#include "sampler/sampling_clock.h"
#include "sampler/stack_reader.h"

namespace spyhop {

class ProcessSampler : public Sampler {
 public:
  ProcessSampler(std::unique_ptr<Attachment> attachment, const SamplerOptions& options);

  const TargetInfo& target() const override { return attachment_->info(); }
  absl::Status Run(const std::atomic<bool>& stop, SamplingGate& gate, Profile& profile,
                   const std::function<void(const SamplingProgress&)>& progress) override;
  void set_rate(double hz) override;
  void set_duration(std::optional<Nanos> duration) override { duration_ = duration; }
  void WakeUp() override { clock_.WakeUp(); }
  absl::StatusOr<Snapshot> TakeSnapshot(const SnapshotOptions& options) override;

 private:
  enum class RoundResult { kGoOn, kTargetEnded };

  void RunTracer(const std::atomic<bool>& stop, SamplingGate& gate);
  void Rest(SamplingGate& gate);
  RoundResult LockedRound(Nanos now, ThreadStopControl& control);
  RoundResult Round(Nanos now, ThreadStopControl& control);
  bool MayGoFirst() const;
  void KeepPrompt(Nanos begin, Promptness& promptness);
  ThreadStates::LookResult Look(Nanos now);
  RoundResult HandleUnreadable(Nanos now);
  bool HasEnded() const;
  bool ReattachAfterExec();
  bool IsReplaced(Nanos now) const;
  void EndSampling();
  void BeginSampling();
  Nanos BeginRecording();
  void BeginTarget();
  WatchedThreads Read(ThreadStates::LookResult look, ThreadStopControl& control);
  // A watched thread of which the read that came after the look found that it has ended.
  struct Ended {
    uint64_t serial = 0;
    RemoteAddress state;
  };
  static std::vector<Ended> EndedAmong(WatchedThreads threads);
  void Record(WatchedThreads threads, const std::vector<Ended>& ended, Nanos now);
  void SortOutAwake(Nanos now);
  void RefreshNames();
  void ReportProgress(Nanos now);
  void NoteCosts();
  Nanos LongestRest() const;
  bool NobodyHasRun(Nanos now);
  absl::Status EndWithout(absl::Status tracer);

  std::unique_ptr<Attachment> attachment_;
  const SamplerOptions options_;
  const int pid_;
  std::atomic<double> rate_hz_;
  std::optional<Nanos> duration_;
  WakingClock clock_;
  std::mutex rounds_mutex_;  // held in each round: whoever else would stop threads waits for it
  // Of one Run.
  Profile* profile_ = nullptr;
  const std::function<void(const SamplingProgress&)>* progress_ = nullptr;
  std::unique_ptr<StackReader> reader_;
  std::unique_ptr<SamplingClock> rounds_;
  std::unique_ptr<SampleRecorder> recorder_;
  std::vector<WatchedThread*> awake_;  // those not at rest, as of the last round that looked at all
  bool all_at_rest_ = false;  // idem, and they are few
  Nanos begin_ = 0;
  Nanos cpu_before_ = 0;  // of this process
  Nanos tracer_cpu_ = 0;  // of this Run's tracers that have ended
  Nanos deadline_ = 0;
  Nanos next_full_look_ = 0;
  Nanos last_look_ = 0;
  Nanos next_progress_ = 0;
  Nanos next_names_ = 0;
  Nanos last_names_ = 0;
  Nanos names_pause_ = 0;
  int name_trials_ = 0;
  Nanos unreadable_since_ = 0;
  bool goes_first_ = false;
  bool done_ = false;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROCESS_SAMPLER_H_
