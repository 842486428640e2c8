// Adds up finished profiles of one process, made one after the other, in which a thread is one row
// however many parts have it: Profile::Merge gives it a row in each.
//
// A thread is told by its tid; a tid that was used again is one thread here. Costs a look-up for
// each bucket and each distinct frame and string of its stack. Bounded: beyond kMostStacks stacks
// the places with the least time are let go of, their time stays with their threads; beyond
// kMostThreads threads those with the least are one row.
#ifndef SPYHOP_SAMPLER_PROFILE_PROFILE_SUM_H_
#define SPYHOP_SAMPLER_PROFILE_PROFILE_SUM_H_

#include <cstddef>
#include <map>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "sampler/profile/profile.h"

namespace spyhop {

// What a profile has in its threads only: time of samples that gave no stack (Profile::AddLost), as
// buckets without one.
absl::flat_hash_map<Profile::Key, Times> PlacelessTimes(const Profile& profile);

class ProfileSum {
 public:
  static constexpr size_t kMostStacks = 40'000;
  static constexpr size_t kMostThreads = 2'000;

  ProfileSum() : profile_(std::make_unique<Profile>()) {}

  // All that `from` holds; its duration and figures, too, but for our own costs.
  void Add(const Profile& from);
  // Lets go of what is too much. To be called now and then by who keeps adding.
  void Bound(size_t most_stacks = kMostStacks, size_t most_threads = kMostThreads);
  // Wall time whose place was let go of.
  Nanos let_go() const { return let_go_; }

  Profile& profile() { return *profile_; }
  const Profile& profile() const { return *profile_; }
  Profile Take() { return std::move(*profile_); }

 private:
  class Translation;

  uint32_t TargetOf(const TargetInfo& target);
  ThreadIndex ThreadOf(const Profile& from, const ThreadInfo& thread);

  std::unique_ptr<Profile> profile_;
  std::map<std::pair<uint32_t, int>, ThreadIndex> threads_;  // by target and tid
  Nanos let_go_ = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROFILE_PROFILE_SUM_H_
