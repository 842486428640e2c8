#include "sampler/profile/recording_range.h"

#include <algorithm>
#include <cmath>

namespace spyhop {
namespace {

double Fraction(Nanos part, Nanos all) {
  return all == 0 ? 1 : static_cast<double>(part) / static_cast<double>(all);
}

Nanos Share(Nanos time, double fraction) {
  return static_cast<Nanos>(static_cast<double>(time) * fraction);
}

}  // namespace

bool RangeCut::Cut(Sample& sample) {
  if (range_.is_all()) return true;
  const Nanos whole = sample.weight;
  if (sample.end == 0) {
    sample.weight = PartOf(Profile::KeyOf(sample), whole);
    sample.cpu = Share(sample.cpu, Fraction(sample.weight, whole));
    return sample.weight > 0;
  }
  const bool instant_is_in = sample.end > range_.from && sample.end <= range_.to;
  const Nanos begin = std::max(sample.end - whole, range_.from);
  const Nanos end = std::min(sample.end, range_.to);
  sample.weight = std::max<Nanos>(end - begin, 0);
  sample.end = end - range_.from;
  Note(Profile::KeyOf(sample), whole, sample.weight);
  const double part = Fraction(sample.weight, whole);
  sample.cpu = Share(sample.cpu, part);
  // One sample was taken at the end of its span; several in a row, all along it.
  if (sample.count > 1) {
    sample.count = static_cast<uint32_t>(std::lround(sample.count * part));
  } else if (!instant_is_in) {
    sample.count = 0;
  }
  return sample.weight > 0 || (instant_is_in && whole == 0);
}

Nanos RangeCut::PartOf(const Profile::Key& place, Nanos wall) const {
  if (range_.is_all()) return wall;
  const auto seen = seen_.find(place);
  if (seen != seen_.end()) return Share(wall, Fraction(seen->second.in_range, seen->second.all));
  const auto thread = of_threads_.find(place.thread);
  if (thread == of_threads_.end()) return 0;
  return Share(wall, Fraction(thread->second.in_range, thread->second.all));
}

void RangeCut::Note(const Profile::Key& place, Nanos all, Nanos in_range) {
  for (Seen* seen : {&seen_[place], &of_threads_[place.thread]}) {
    seen->all += all;
    seen->in_range += in_range;
  }
}

void RangeCut::NoteMove(const Profile::Key& from, TimeClass to, Nanos wall, Nanos moved) {
  if (range_.is_all()) return;
  Profile::Key place = from;
  place.time_class = to;
  if (to == TimeClass::kRunQueue) place.wait_reason = StringId{};
  Note(place, wall, moved);
}

void RangeCut::Apply(Nanos duration, Profile& profile) const {
  if (range_.is_all()) return profile.set_duration(duration);
  const Nanos from = std::clamp<Nanos>(range_.from, 0, duration);
  const Nanos length = std::clamp(range_.to, from, duration) - from;
  SamplingFigures& figures = profile.figures();
  figures.rounds = static_cast<uint64_t>(static_cast<double>(figures.rounds) *
                                         (duration == 0 ? 0 : Fraction(length, duration)));
  profile.set_start(profile.start() + absl::Nanoseconds(from), kBegin);
  profile.set_duration(length);
}

}  // namespace spyhop
