#include "sampler/profile/profile.h"

#include <algorithm>
#include <utility>

namespace spyhop {
namespace {

Times TimesOf(const Sample& sample, uint64_t samples) {
  Times times;
  times[sample.time_class] = sample.weight;
  times.cpu = sample.cpu;
  times.samples = samples;
  return times;
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
  const Times times = TimesOf(sample, 1);
  buckets_[Key{sample.thread, sample.stack, sample.wait_reason, sample.time_class}] += times;
  ThreadInfo& of_thread = thread(sample.thread);
  of_thread.times += times;
  of_thread.observed += sample.weight;
  ++figures_.samples;
  if (sample.truncated != SampleErrorCode::kNone) {
    ++figures_.truncated[static_cast<size_t>(sample.truncated)];
  }
}

void Profile::AddLost(const Sample& sample, SampleErrorCode cause) {
  ThreadInfo& of_thread = thread(sample.thread);
  of_thread.times += TimesOf(sample, 0);
  of_thread.observed += sample.weight;
  ++figures_.lost[static_cast<size_t>(cause)];
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
    const ThreadIndex new_thread{static_cast<uint32_t>(key.thread) + first_thread};
    buckets_[Key{new_thread, translation.Stack(key.stack), translation.String(key.wait_reason),
                 key.time_class}] += times;
  }
  MergeFigures(other.figures_);
  const absl::Time end = std::max(start_ + absl::Nanoseconds(duration_),
                                  other.start_ + absl::Nanoseconds(other.duration_));
  start_ = was_empty ? other.start_ : std::min(start_, other.start_);
  duration_ = was_empty ? other.duration_ : absl::ToInt64Nanoseconds(end - start_);
  sampled_ += other.sampled_;
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
