#include "cli/tui/live_profile.h"

namespace spyhop {

void LiveProfile::Add(const LiveFeed::Part& part) {
  if (part.number < first_part_) return;
  const Profile& profile = *part.profile;
  if (!profile.targets().empty()) target_ = profile.targets().back();
  all_.Add(profile);
  all_.Bound();
  parts_.push_back(part.profile);
  Nanos later = 0;
  for (const auto& each : parts_) later += each->duration();
  while (parts_.size() > 1 && later - parts_.front()->duration() >= kLongestWindow) {
    later -= parts_.front()->duration();
    parts_.pop_front();
  }
}

void LiveProfile::Reset(uint64_t first_part) {
  first_part_ = first_part;
  all_ = ProfileSum();
  parts_.clear();
}

// A part that has begun before the window belongs to it if half of it does.
Profile LiveProfile::Make(Nanos window) const {
  ProfileSum made;
  if (window == 0) made.Add(all_.profile());
  Nanos length = 0;
  for (size_t i = parts_.size(); window > 0 && i-- > 0;) {
    const Nanos more = parts_[i]->duration();
    if (length > 0 && length + more / 2 > window) break;
    made.Add(*parts_[i]);
    length += more;
  }
  if (made.profile().targets().empty()) made.profile().AddTarget(target_);
  return made.Take();
}

}  // namespace spyhop
