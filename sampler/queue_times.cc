#include "sampler/queue_times.h"

#include <algorithm>

namespace spyhop {
namespace {

// Fewer have no average worth the name.
constexpr uint64_t kFewWakeUps = 5;

Profile::Key WithClass(Profile::Key key, TimeClass time_class) {
  key.time_class = time_class;
  return key;
}

double Share(Nanos part, Nanos all) {
  return all > 0 ? static_cast<double>(part) / static_cast<double>(all) : 0;
}

}  // namespace

Profile::Key QueueTimes::PlaceOf(const Sample& sample) {
  const Profile::Key key = Profile::KeyOf(sample);
  return IsRunning(sample.time_class) ? WithClass(key, kRunningClasses[0]) : key;
}

void QueueTimes::NoteReady(const Sample& sample) {
  ready_ += sample.weight;
  ready_at_[PlaceOf(sample)] += sample.weight;
}

void QueueTimes::NoteQueue(const Sample& sample, Nanos queued) {
  if (queued > 0) queued_at_[PlaceOf(sample)] += queued;
}

void QueueTimes::NoteWakeUp(const Sample& sample, Nanos queued, uint64_t slices) {
  WakeUps& wake_ups = wake_ups_[Profile::KeyOf(sample)];
  if (slices == 1) {
    wake_ups.queued += queued;
    ++wake_ups.count;
  } else {
    wake_ups.queued_on += queued;
    wake_ups.even_share += queued / static_cast<Nanos>(slices);
    ++wake_ups.count_on;
  }
}

Nanos QueueTimes::WakeUps::Estimate() const {
  if (count < kFewWakeUps) return queued + even_share;
  const Nanos average = queued / static_cast<Nanos>(count);
  return queued + std::min(average * static_cast<Nanos>(count_on), queued_on);
}

bool QueueTimes::Settle(const TimeTotals& totals, Profile& profile) {
  Nanos queued = totals.queued;
  bool any = ready_ > 0;
  for (const auto& [place, wake_ups] : wake_ups_) {
    const Nanos moved = profile.Move(place, TimeClass::kRunQueue, wake_ups.Estimate());
    queued -= moved;
    any = any || moved > 0;
  }
  queued = std::max(queued, Nanos{0});
  if (ready_ > 0) {
    const double share = Share(queued, totals.running + queued);
    Nanos left = static_cast<Nanos>(share * static_cast<double>(ready_));
    left -= Take(queued_at_, left, profile);
    Take(ready_at_, left, profile);
  }
  *this = QueueTimes();
  return any;
}

Nanos QueueTimes::Take(const Weights& from, Nanos amount, Profile& profile) {
  if (amount <= 0) return 0;
  const double share = std::min(1.0, Share(amount, Sum(from)));
  Nanos taken = 0;
  for (const auto& [key, weight] : from) {
    const auto part = static_cast<Nanos>(share * static_cast<double>(weight));
    taken += TakeFrom(key, part, profile);
  }
  return taken;
}

Nanos QueueTimes::Sum(const Weights& weights) {
  Nanos all = 0;
  for (const auto& [key, weight] : weights) all += weight;
  return all;
}

Nanos QueueTimes::TakeFrom(const Profile::Key& key, Nanos amount, Profile& profile) {
  if (!IsRunning(key.time_class)) return profile.Move(key, TimeClass::kRunQueue, amount);
  Nanos all = 0;
  for (const TimeClass running : kRunningClasses) all += profile.TimeOf(WithClass(key, running));
  const double share = Share(amount, all);
  Nanos taken = 0;
  for (const TimeClass running : kRunningClasses) {
    const Profile::Key from = WithClass(key, running);
    const auto part = static_cast<Nanos>(share * static_cast<double>(profile.TimeOf(from)));
    taken += profile.Move(from, TimeClass::kRunQueue, part);
  }
  return taken;
}

}  // namespace spyhop
