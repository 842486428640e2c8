#include "cli/daemon/recent_parts.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace spyhop {

void RecentParts::Add(FleetPart part, Nanos now) {
  const std::lock_guard lock(mutex_);
  if (keeps_) parts_.push_back({now, std::move(part)});
  while (!parts_.empty() && (parts_.size() > kMost || now - parts_.front().at > kLongest)) {
    parts_.pop_front();
  }
}

std::vector<FleetPart> RecentParts::Latest(std::optional<int> pid, Nanos length) const {
  const std::lock_guard lock(mutex_);
  std::vector<FleetPart> latest;
  absl::flat_hash_map<int, Nanos> spans;
  for (auto kept = parts_.rbegin(); kept != parts_.rend(); ++kept) {
    const int of = kept->part.target.info.pid;
    if (pid && of != *pid) continue;
    Nanos& span = spans[of];
    if (span >= length) continue;
    span += kept->part.profile->duration();
    latest.push_back(kept->part);
  }
  std::reverse(latest.begin(), latest.end());
  return latest;
}

void RecentParts::set_keeps(bool keeps) {
  const std::lock_guard lock(mutex_);
  keeps_ = keeps;
  if (!keeps_) parts_.clear();
}

}  // namespace spyhop
