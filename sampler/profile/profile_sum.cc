#include "sampler/profile/profile_sum.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

namespace spyhop {
namespace {

using Buckets = absl::flat_hash_map<Profile::Key, Times>;

constexpr std::array kRunningFirst = {TimeClass::kPython, TimeClass::kNative, TimeClass::kKernel,
                                      TimeClass::kWait,   TimeClass::kGil,    TimeClass::kRunQueue,
                                      TimeClass::kIdle};
constexpr int kFurtherThreads = 0;  // no thread's tid

// A bucket has one class only (Profile::Key).
void AddBucket(Sample sample, const Times& times, Profile& profile) {
  constexpr uint64_t kMost = std::numeric_limits<uint32_t>::max();
  sample.weight = times[sample.time_class];
  sample.cpu = times.cpu;
  for (uint64_t left = times.samples;; sample.weight = sample.cpu = 0) {
    sample.count = static_cast<uint32_t>(std::min(left, kMost));
    profile.Add(sample);
    left -= sample.count;
    if (left == 0) return;
  }
}

bool IsSame(const TargetInfo& a, const TargetInfo& b) {
  return a.pid == b.pid && a.executable == b.executable && a.command == b.command &&
         a.python_version == b.python_version && a.flavour == b.flavour;
}

template <typename Counts>
void AddEach(const Counts& from, Counts& to) {
  for (size_t i = 0; i < to.size(); ++i) to[i] += from[i];
}

// Samples are counted as they are added.
void AddFigures(const SamplingFigures& from, SamplingFigures& to) {
  to.rate_hz = from.rate_hz;
  to.pause_mode = from.pause_mode;
  to.rounds += from.rounds;
  to.late_rounds += from.late_rounds;
  AddEach(from.truncated, to.truncated);
  AddEach(from.lost, to.lost);
  to.stops.Merge(from.stops);
}

std::vector<const Buckets::value_type*> LongestFirst(const Buckets& buckets) {
  std::vector<const Buckets::value_type*> sorted;
  for (const auto& bucket : buckets) sorted.push_back(&bucket);
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) {
    return a->second.Wall(true) > b->second.Wall(true);
  });
  return sorted;
}

// All but the `kept` threads with the most time get the same tid and name.
void JoinSmallThreads(size_t kept, Profile& profile) {
  std::vector<size_t> order(profile.threads().size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&profile](size_t a, size_t b) {
    return profile.threads()[a].times.Wall(true) > profile.threads()[b].times.Wall(true);
  });
  for (size_t i = std::min(kept, order.size()); i < order.size(); ++i) {
    ThreadInfo& thread = profile.thread(ThreadIndex(order[i]));
    thread.tid = kFurtherThreads;
    thread.name = "(further threads)";
  }
}

}  // namespace

Buckets PlacelessTimes(const Profile& profile) {
  std::vector<Times> left;
  for (const ThreadInfo& thread : profile.threads()) left.push_back(thread.times);
  for (const auto& [key, times] : profile.buckets()) {
    Times& of_thread = left[static_cast<size_t>(key.thread)];
    of_thread[key.time_class] -= times[key.time_class];
    of_thread.cpu -= times.cpu;
  }
  Buckets placeless;
  for (size_t i = 0; i < left.size(); ++i) {
    Nanos cpu = std::max<Nanos>(left[i].cpu, 0);
    for (const TimeClass c : kRunningFirst) {
      if (left[i][c] <= 0) continue;
      Times& times = placeless[{
          .thread = ThreadIndex(i), .stack = kNoStack, .wait_reason = {}, .time_class = c}];
      times[c] = left[i][c];
      times.cpu = std::exchange(cpu, 0);
    }
  }
  return placeless;
}

// Ids of one profile as those of the sum, each looked up once.
class ProfileSum::Translation {
 public:
  Translation(const Profile& from, ProfileSum& sum)
      : from_(from),
        sum_(sum),
        strings_(from.strings().size()),
        frames_(from.frames().size()),
        stacks_(from.stacks().size()),
        threads_(from.threads().size()) {
    stacks_[0] = kNoStack;
  }

  Sample PlaceOf(const Profile::Key& key) {
    return {.thread = Thread(key.thread),
            .stack = Stack(key.stack),
            .time_class = key.time_class,
            .wait_reason = String(key.wait_reason)};
  }

 private:
  StringId String(StringId id) {
    std::optional<StringId>& known = strings_[static_cast<size_t>(id)];
    if (!known) known = sum_.profile_->strings().Intern(from_.strings().Get(id));
    return *known;
  }

  FrameId FrameOf(FrameId id) {
    std::optional<FrameId>& known = frames_[static_cast<size_t>(id)];
    if (known) return *known;
    Frame frame = from_.frames().Get(id);
    frame.file = String(frame.file);
    frame.function = String(frame.function);
    known = sum_.profile_->frames().Intern(frame);
    return *known;
  }

  StackId Stack(StackId id) {
    std::vector<StackId> unknown;
    for (; !stacks_[static_cast<size_t>(id)]; id = from_.stacks().Parent(id)) unknown.push_back(id);
    StackId stack = *stacks_[static_cast<size_t>(id)];
    for (; !unknown.empty(); unknown.pop_back()) {
      stack = sum_.profile_->stacks().Push(stack, FrameOf(from_.stacks().Leaf(unknown.back())));
      stacks_[static_cast<size_t>(unknown.back())] = stack;
    }
    return stack;
  }

  ThreadIndex Thread(ThreadIndex index) {
    std::optional<ThreadIndex>& known = threads_[static_cast<size_t>(index)];
    if (!known) known = sum_.ThreadOf(from_, from_.thread(index));
    return *known;
  }

  const Profile& from_;
  ProfileSum& sum_;
  std::vector<std::optional<StringId>> strings_;
  std::vector<std::optional<FrameId>> frames_;
  std::vector<std::optional<StackId>> stacks_;
  std::vector<std::optional<ThreadIndex>> threads_;
};

void ProfileSum::Add(const Profile& from) {
  Translation translation(from, *this);
  for (const auto& [key, times] : from.buckets()) {
    AddBucket(translation.PlaceOf(key), times, *profile_);
  }
  for (const auto& [key, times] : PlacelessTimes(from)) {
    AddBucket(translation.PlaceOf(key), times, *profile_);
  }
  AddFigures(from.figures(), profile_->figures());
  profile_->set_duration(profile_->duration() + from.duration());
}

uint32_t ProfileSum::TargetOf(const TargetInfo& target) {
  const auto& targets = profile_->targets();
  for (size_t i = 0; i < targets.size(); ++i) {
    if (IsSame(targets[i], target)) return static_cast<uint32_t>(i);
  }
  return profile_->AddTarget(target);
}

// The name is the latest one.
ThreadIndex ProfileSum::ThreadOf(const Profile& from, const ThreadInfo& thread) {
  const uint32_t target = TargetOf(from.targets()[thread.target]);
  const auto [known, is_new] = threads_.try_emplace({target, thread.tid});
  if (is_new) {
    known->second = profile_->AddThread(
        {.target = target, .tid = thread.tid, .name = thread.name, .python = thread.python});
  }
  ThreadInfo& info = profile_->thread(known->second);
  if (!thread.name.empty()) info.name = thread.name;
  info.python = thread.python;
  return known->second;
}

void ProfileSum::Bound(size_t most_stacks, size_t most_threads) {
  const bool few_stacks = profile_->stacks().size() <= most_stacks;
  if (few_stacks && profile_->threads().size() <= most_threads) return;
  const std::unique_ptr<Profile> old = std::exchange(profile_, std::make_unique<Profile>());
  profile_->figures() = old->figures();
  profile_->figures().samples = 0;
  profile_->set_duration(old->duration());
  threads_.clear();
  // To half of what may be, so that this is done rarely.
  if (old->threads().size() > most_threads) JoinSmallThreads(most_threads / 2, *old);
  Translation translation(*old, *this);
  for (const Buckets::value_type* bucket : LongestFirst(old->buckets())) {
    Profile::Key key = bucket->first;
    if (profile_->stacks().size() >= most_stacks / 2 && key.stack != kNoStack) {
      let_go_ += bucket->second.Wall(true);
      key.stack = kNoStack;
      key.wait_reason = StringId{};
    }
    AddBucket(translation.PlaceOf(key), bucket->second, *profile_);
  }
}

}  // namespace spyhop
