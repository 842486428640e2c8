#include "sampler/profile/timeline.h"

namespace spyhop {

SpanScale::SpanScale(const Profile& profile) {
  absl::flat_hash_map<std::pair<ThreadIndex, StackId>, Nanos> sums;
  for (const auto& [key, times] : profile.buckets()) {
    sums[{key.thread, key.stack}] += times.Wall(true);
  }
  absl::flat_hash_map<std::pair<ThreadIndex, StackId>, Nanos> lengths;
  for (const Profile::Span& span : profile.timeline()) {
    lengths[{span.place.thread, span.place.stack}] += span.length();
  }
  for (const auto& [place, length] : lengths) {
    if (length > 0)
      factors_[place] = static_cast<double>(sums[place]) / static_cast<double>(length);
  }
}

double SpanScale::Weight(const Profile::Span& span) const {
  const auto factor = factors_.find({span.place.thread, span.place.stack});
  return factor == factors_.end() ? 0 : static_cast<double>(span.length()) * factor->second;
}

}  // namespace spyhop
