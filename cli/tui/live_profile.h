// What one process did since the start, and in the last seconds: the parts of a LiveFeed, added up.
//
//   for (const LiveFeed::Part& part : feed.Take()) live.Add(part);
//   const Profile shown = live.Make(5 * kSecond);     // a copy, to be kept as long as one likes
//
// Keeps the sum of all parts (bounded, ProfileSum) and those of the last minute. Used by one
// thread; Make costs a look at each distinct stack of what is shown.
#ifndef SPYHOP_CLI_TUI_LIVE_PROFILE_H_
#define SPYHOP_CLI_TUI_LIVE_PROFILE_H_

#include <cstdint>
#include <deque>
#include <memory>

#include "sampler/live_feed.h"
#include "sampler/profile/profile.h"
#include "sampler/profile/profile_sum.h"

namespace spyhop {

class LiveProfile {
 public:
  static constexpr Nanos kLongestWindow = 60 * kSecond;

  // `target`: what is shown before anything was sampled.
  explicit LiveProfile(TargetInfo target) : target_(std::move(target)) {}

  void Add(const LiveFeed::Part& part);
  // Forgets all, and all parts before this one.
  void Reset(uint64_t first_part);
  // Nothing has come since the start or the last reset.
  bool is_empty() const { return parts_.empty(); }

  // `window`: of the last so many nanoseconds, in whole parts, up to kLongestWindow; 0: of all
  // since the start.
  Profile Make(Nanos window) const;
  // Wall time of places that were let go of, to bound memory.
  Nanos let_go() const { return all_.let_go(); }

 private:
  TargetInfo target_;
  ProfileSum all_;
  std::deque<std::shared_ptr<const Profile>> parts_;  // the latest, at least one
  uint64_t first_part_ = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_TUI_LIVE_PROFILE_H_
