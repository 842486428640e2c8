#include "sampler/profile/profile.h"

#include <algorithm>
#include <utility>

#include "sampler/profile/profile_journal.h"

namespace spyhop {
namespace {

Times TimesOf(const Sample& sample) {
  Times times;
  times[sample.time_class] = sample.weight;
  times.cpu = sample.cpu;
  times.samples = sample.count;
  if (sample.time_class == TimeClass::kIdle) times.idle_samples = sample.count;
  return times;
}

using ThreeClasses = std::array<TimeClass, 3>;
constexpr ThreeClasses kBlockedClasses = {TimeClass::kWait, TimeClass::kGil, TimeClass::kIdle};

Nanos Sum(const Times& times, const ThreeClasses& classes) {
  return times[classes[0]] + times[classes[1]] + times[classes[2]];
}

double Factor(Nanos real, Nanos sampled) {
  return sampled > 0 ? static_cast<double>(real) / static_cast<double>(sampled) : 1;
}

TimeScale ScaleOf(const Times& times, const TimeTotals& totals) {
  const Nanos running = Sum(times, kRunningClasses);
  const Nanos blocked = Sum(times, kBlockedClasses);
  // Never met blocked: what looks so is our stops and the scheduler's own work.
  const Nanos really_running = blocked == 0 ? totals.running + totals.blocked : totals.running;
  return {.running = Factor(really_running, running),
          .cpu = Factor(totals.cpu, times.cpu),
          .queued = Factor(totals.queued, times[TimeClass::kRunQueue]),
          .blocked = Factor(totals.blocked, blocked)};
}

Nanos Scaled(Nanos time, double factor) {
  return static_cast<Nanos>(static_cast<double>(time) * factor);
}

void Apply(const TimeScale& scale, Times& times) {
  for (const TimeClass c : kRunningClasses) times[c] = Scaled(times[c], scale.running);
  for (const TimeClass c : kBlockedClasses) times[c] = Scaled(times[c], scale.blocked);
  times[TimeClass::kRunQueue] = Scaled(times[TimeClass::kRunQueue], scale.queued);
  times.cpu = Scaled(times.cpu, scale.cpu);
}

// Copies strings, frames and stacks of one profile into another one and remembers the new ids.
class Translation {
 public:
  Translation(const Profile& from, Profile& to) {
    for (size_t i = 0; i < from.strings().size(); ++i) {
      strings_.push_back(to.strings().Intern(from.strings().Get(StringId(i))));
    }
    for (size_t i = 0; i < from.frames().size(); ++i) {
      Frame frame = from.frames().Get(FrameId(i));
      frame.file = String(frame.file);
      frame.function = String(frame.function);
      frames_.push_back(to.frames().Intern(frame));
    }
    // A parent's id is always smaller than its children's, so one pass is enough.
    stacks_.push_back(kNoStack);
    for (size_t i = 1; i < from.stacks().size(); ++i) {
      const StackId parent = Stack(from.stacks().Parent(StackId(i)));
      const FrameId leaf = frames_[static_cast<size_t>(from.stacks().Leaf(StackId(i)))];
      stacks_.push_back(to.stacks().Push(parent, leaf));
    }
  }

  StringId String(StringId id) const { return strings_[static_cast<size_t>(id)]; }
  StackId Stack(StackId id) const { return stacks_[static_cast<size_t>(id)]; }
  Profile::Key Place(const Profile::Key& key, uint32_t first_thread) const {
    return {ThreadIndex{static_cast<uint32_t>(key.thread) + first_thread}, Stack(key.stack),
            String(key.wait_reason), key.time_class};
  }

 private:
  std::vector<StringId> strings_;
  std::vector<FrameId> frames_;
  std::vector<StackId> stacks_;
};

}  // namespace

uint32_t Profile::AddTarget(TargetInfo target) {
  targets_.push_back(std::move(target));
  return static_cast<uint32_t>(targets_.size() - 1);
}

ThreadIndex Profile::AddThread(ThreadInfo thread) {
  threads_.push_back(std::move(thread));
  return ThreadIndex(threads_.size() - 1);
}

void Profile::Add(const Sample& sample) {
  if (journal_ != nullptr) journal_->OnSample(sample);
  const Times times = TimesOf(sample);
  buckets_[KeyOf(sample)] += times;
  ThreadInfo& of_thread = thread(sample.thread);
  of_thread.times += times;
  of_thread.observed += sample.weight;
  if (keeps_timeline_ && sample.end != 0) AddSpan(sample);
  figures_.samples += sample.count;
  if (sample.truncated != SampleErrorCode::kNone) {
    figures_.truncated[static_cast<size_t>(sample.truncated)] += sample.count;
  }
}

void Profile::AddSpan(const Sample& sample) {
  const Nanos end = sample.end - begin_;
  const Span span{KeyOf(sample), end - sample.weight, end, sample.count};
  const auto thread = static_cast<size_t>(sample.thread);
  if (thread >= last_spans_.size()) last_spans_.resize(thread + 1);
  if (last_spans_[thread] != 0 && !IsRunning(sample.time_class)) {
    Span& last = timeline_[last_spans_[thread] - 1];
    if (last.place == span.place && last.end == span.begin) {
      last.end = span.end;
      last.count += span.count;
      return;
    }
  }
  timeline_.push_back(span);
  last_spans_[thread] = timeline_.size();
}

Nanos Profile::Move(const Key& from, TimeClass to, Nanos wall) {
  if (journal_ != nullptr) journal_->OnMove(from, to, wall);
  const auto bucket = buckets_.find(from);
  if (bucket == buckets_.end()) return 0;
  Times& times = bucket->second;
  wall = std::min(wall, times[from.time_class]);
  if (wall <= 0) return 0;
  const auto cpu = static_cast<Nanos>(static_cast<double>(times.cpu) * static_cast<double>(wall) /
                                      static_cast<double>(times[from.time_class]));
  times[from.time_class] -= wall;
  times.cpu -= cpu;
  Times moved;
  moved[to] = wall;
  if (to != TimeClass::kRunQueue) moved.cpu = cpu;
  Times& of_thread = thread(from.thread).times;
  of_thread[from.time_class] -= wall;
  of_thread[to] += wall;
  of_thread.cpu += moved.cpu - cpu;
  Key key = from;
  key.time_class = to;
  if (to == TimeClass::kRunQueue) key.wait_reason = StringId{};
  buckets_[key] += moved;
  return wall;
}

Nanos Profile::TimeOf(const Key& key) const {
  const auto bucket = buckets_.find(key);
  return bucket == buckets_.end() ? 0 : bucket->second[key.time_class];
}

void Profile::Calibrate(const absl::flat_hash_map<ThreadIndex, TimeTotals>& totals) {
  absl::flat_hash_map<ThreadIndex, TimeScale> scales;
  for (const auto& [index, of_thread] : totals) {
    scales[index] = ScaleOf(thread(index).times, of_thread);
  }
  Rescale(scales);
}

void Profile::Rescale(const absl::flat_hash_map<ThreadIndex, TimeScale>& scales) {
  for (const auto& [index, scale] : scales) {
    ThreadInfo& info = thread(index);
    Apply(scale, info.times);
    info.observed = info.times.Wall(true);
    if (journal_ != nullptr) journal_->OnRescale(index, scale);
  }
  for (auto& [key, times] : buckets_) {
    const auto scale = scales.find(key.thread);
    if (scale != scales.end()) Apply(scale->second, times);
  }
}

void Profile::AddLost(const Sample& sample, SampleErrorCode cause) {
  if (journal_ != nullptr) journal_->OnLost(sample, cause);
  ThreadInfo& of_thread = thread(sample.thread);
  Times times = TimesOf(sample);
  times.samples = times.idle_samples = 0;
  of_thread.times += times;
  of_thread.observed += sample.weight;
  figures_.lost[static_cast<size_t>(cause)] += sample.count;
}

double Profile::AchievedHz() const {
  if (sampled_ <= 0) return 0;
  return static_cast<double>(figures_.rounds) * kSecond / static_cast<double>(sampled_);
}

void Profile::Merge(const Profile& other) {
  const Translation translation(other, *this);
  const uint32_t first_target = static_cast<uint32_t>(targets_.size());
  const uint32_t first_thread = static_cast<uint32_t>(threads_.size());
  const bool was_empty = targets_.empty() && sampled_ == 0;
  targets_.insert(targets_.end(), other.targets_.begin(), other.targets_.end());
  for (const ThreadInfo& info : other.threads_) {
    threads_.push_back(info);
    threads_.back().target += first_target;
  }
  for (const auto& [key, times] : other.buckets_) {
    buckets_[translation.Place(key, first_thread)] += times;
  }
  const absl::Time start = was_empty ? other.start_ : std::min(start_, other.start_);
  Delay(was_empty ? 0 : absl::ToInt64Nanoseconds(start_ - start), 0);
  const size_t own_spans = timeline_.size();
  for (Span span : other.timeline_) {
    span.place = translation.Place(span.place, first_thread);
    timeline_.push_back(span);
  }
  Delay(absl::ToInt64Nanoseconds(other.start_ - start), own_spans);
  MergeFigures(other.figures_);
  const absl::Time end = std::max(start_ + absl::Nanoseconds(duration_),
                                  other.start_ + absl::Nanoseconds(other.duration_));
  start_ = start;
  duration_ = was_empty ? other.duration_ : absl::ToInt64Nanoseconds(end - start_);
  sampled_ += other.sampled_;
}

void Profile::Delay(Nanos by, size_t first_span) {
  for (size_t i = first_span; i < timeline_.size(); ++i) {
    timeline_[i].begin += by;
    timeline_[i].end += by;
  }
}

void Profile::MergeFigures(const SamplingFigures& other) {
  figures_.rate_hz = std::max(figures_.rate_hz, other.rate_hz);
  if (figures_.pause_mode.empty()) figures_.pause_mode = other.pause_mode;
  figures_.rounds += other.rounds;
  figures_.late_rounds += other.late_rounds;
  figures_.samples += other.samples;
  for (size_t i = 0; i < figures_.lost.size(); ++i) {
    figures_.truncated[i] += other.truncated[i];
    figures_.lost[i] += other.lost[i];
  }
  figures_.stops.Merge(other.stops);
  figures_.own_cpu += other.own_cpu;
  figures_.own_peak_rss_bytes = std::max(figures_.own_peak_rss_bytes, other.own_peak_rss_bytes);
}

}  // namespace spyhop
