// What was sampled: targets, threads, and time by (thread, stack, wait reason).
//
// Add() is called once for each sample, after the target has been resumed; memory grows with
// distinct stacks, not with time. Views and writers in report/ read a finished Profile. One thread
// writes; readers wait until it has ended.
#ifndef SPYHOP_SAMPLER_PROFILE_PROFILE_H_
#define SPYHOP_SAMPLER_PROFILE_PROFILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/sample_error.h"
#include "sampler/profile/interner.h"
#include "sampler/profile/sampling_figures.h"
#include "sampler/profile/time_class.h"

namespace spyhop {

// One interpreter of one process. An exec makes a new target of the same pid.
struct TargetInfo {
  int pid = 0;
  std::vector<std::string> command;
  std::string executable;
  std::string python_version;  // "3.11.7"
  std::string flavour;         // "release", "debug", "free-threaded"
};

enum class ThreadIndex : uint32_t {};

struct ThreadInfo {
  uint32_t target = 0;  // index into targets
  int tid = 0;          // as seen from Spyhop's pid namespace
  std::string name;
  bool python = true;  // has a Python thread state
  Nanos observed = 0;  // wall time for which the thread was watched
  Times times;         // sums of its samples
};

// How much time a thread really had of each kind, by the scheduler.
struct TimeTotals {
  Nanos running = 0;  // python, native, kernel: `cpu` and the time that we held it stopped
  Nanos cpu = 0;
  Nanos queued = 0;   // runq
  Nanos blocked = 0;  // wait, gil, idle
};

// What a thread's times are multiplied by, so that they add up to its TimeTotals.
struct TimeScale {
  double running = 1;
  double cpu = 1;
  double queued = 1;
  double blocked = 1;
};

struct Sample {
  ThreadIndex thread{};
  StackId stack = kNoStack;
  TimeClass time_class = TimeClass::kPython;
  StringId wait_reason{};  // empty unless waiting
  Nanos weight = 0;        // wall time that it stands for
  Nanos cpu = 0;           // CPU time in that span
  Nanos end = 0;           // of that span, by the monotonic clock; 0: it has none
  uint32_t count = 1;      // looks that found the thread so; 0: only time
  SampleErrorCode truncated = SampleErrorCode::kNone;
};

class ProfileJournal;

class Profile {
 public:
  // What the samples with one stack, thread, wait reason and class add up to. Each bucket's Times
  // has one class only, so that its number of samples is that class's.
  struct Key {
    ThreadIndex thread;
    StackId stack;
    StringId wait_reason;
    TimeClass time_class = TimeClass::kPython;
    friend bool operator==(const Key&, const Key&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const Key& k) {
      return H::combine(std::move(h), k.thread, k.stack, k.wait_reason, k.time_class);
    }
  };

  // When a thread was where, in nanoseconds since start().
  struct Span {
    Key place;
    Nanos begin = 0;
    Nanos end = 0;
    uint32_t count = 0;  // of samples
    Nanos length() const { return end - begin; }
  };

  static Key KeyOf(const Sample& sample) {
    return {sample.thread, sample.stack, sample.wait_reason, sample.time_class};
  }

  uint32_t AddTarget(TargetInfo target);
  ThreadIndex AddThread(ThreadInfo thread);
  ThreadInfo& thread(ThreadIndex i) { return threads_[static_cast<size_t>(i)]; }
  const ThreadInfo& thread(ThreadIndex i) const { return threads_[static_cast<size_t>(i)]; }

  // Counts the sample in figures() (samples, truncated), and adds its time to its bucket, its
  // thread's times and its thread's observed time.
  void Add(const Sample& sample);
  // From now on Add keeps each sample's span, 48 bytes; those of a thread that stays off the CPU at
  // one place become one.
  void KeepTimeline() { keeps_timeline_ = true; }
  // In the order in which they were added: of one thread in order of time. As sampled: what Move
  // and Calibrate do is not done to them, see timeline.h.
  const std::vector<Span>& timeline() const { return timeline_; }
  // A sample that gave no stack: its time goes to the thread and to observed, its cause is counted
  // in figures().lost. It is not one of figures().samples.
  void AddLost(const Sample& sample, SampleErrorCode cause);
  // Time of samples that has turned out to be of another class, with its share of CPU; the samples
  // stay where they are. Queueing has no wait reason and takes no CPU. No more than the bucket
  // has; returns how much it was.
  Nanos Move(const Key& from, TimeClass to, Nanos wall);
  // What the samples of one bucket add up to.
  Nanos TimeOf(const Key& key) const;
  // Scales the times of these threads so that they add up to what they really had. What was never
  // sampled cannot be scaled.
  void Calibrate(const absl::flat_hash_map<ThreadIndex, TimeTotals>& totals);
  void Rescale(const absl::flat_hash_map<ThreadIndex, TimeScale>& scales);
  // Adds all that `other` holds: another target, sampled at the same time. Start and duration then
  // span both; rounds, samples and costs are sums.
  void Merge(const Profile& other);

  // Whoever is to hear of all that changes the sums from now on; null: nobody. Must outlive this,
  // or be taken away.
  void set_journal(ProfileJournal* journal) { journal_ = journal; }

  StringTable& strings() { return strings_; }
  FrameTable& frames() { return frames_; }
  StackTrie& stacks() { return stacks_; }
  SamplingFigures& figures() { return figures_; }
  const StringTable& strings() const { return strings_; }
  const FrameTable& frames() const { return frames_; }
  const StackTrie& stacks() const { return stacks_; }
  const SamplingFigures& figures() const { return figures_; }

  const std::vector<TargetInfo>& targets() const { return targets_; }
  const std::vector<ThreadInfo>& threads() const { return threads_; }
  const absl::flat_hash_map<Key, Times>& buckets() const { return buckets_; }

  absl::Time start() const { return start_; }
  Nanos begin() const { return begin_; }  // start() by the monotonic clock
  Nanos duration() const { return duration_; }
  // `begin`: the same instant by the monotonic clock.
  void set_start(absl::Time start, Nanos begin = 0) {
    start_ = start;
    begin_ = begin;
  }
  void set_duration(Nanos duration) { duration_ = sampled_ = duration; }
  // The durations of all profiles merged into this one, added up: what rates and shares refer to.
  Nanos sampled() const { return sampled_; }
  // Rounds a second that really took place, for each target.
  double AchievedHz() const;

 private:
  void AddSpan(const Sample& sample);
  void MergeFigures(const SamplingFigures& other);
  // The spans from `first_span` on are that much later.
  void Delay(Nanos by, size_t first_span);

  StringTable strings_;
  FrameTable frames_;
  StackTrie stacks_;
  std::vector<TargetInfo> targets_;
  std::vector<ThreadInfo> threads_;
  absl::flat_hash_map<Key, Times> buckets_;
  std::vector<Span> timeline_;
  std::vector<size_t> last_spans_;  // by thread: index + 1
  bool keeps_timeline_ = false;
  ProfileJournal* journal_ = nullptr;
  SamplingFigures figures_;
  absl::Time start_;
  Nanos begin_ = 0;
  Nanos duration_ = 0;
  Nanos sampled_ = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROFILE_PROFILE_H_
