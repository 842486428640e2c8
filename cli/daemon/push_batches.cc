#include "cli/daemon/push_batches.h"

#include <algorithm>

namespace spyhop {

void PushBatches::Add(const FleetPart& part, Nanos now) {
  const Key key(part.target.info.pid, part.target.start_time);
  const auto old = batches_.find(key);
  if (old != batches_.end() && old->second.first.target.labels != part.target.labels) {
    cut_.push_back(Finish(std::move(old->second)));
    batches_.erase(old);
  }
  const auto [entry, is_first] = batches_.try_emplace(key);
  Batch& batch = entry->second;
  if (is_first) {
    batch.first = part;
    batch.since = now;
  } else {
    if (batch.sum == nullptr) {
      batch.sum = std::make_unique<ProfileSum>();
      batch.sum->Add(*batch.first.profile);
    }
    batch.sum->Add(*part.profile);
    batch.sum->Bound();
  }
  const Nanos length = part.profile->duration();
  batch.length += length;
  batch.is_full = batch.length + length / 2 >= interval_;
}

std::vector<FleetPart> PushBatches::TakeDue(Nanos now) {
  std::vector<FleetPart> due = std::exchange(cut_, {});
  for (auto entry = batches_.begin(); entry != batches_.end();) {
    if (entry->second.is_full || now - entry->second.since >= interval_) {
      due.push_back(Finish(std::move(entry->second)));
      entry = batches_.erase(entry);
    } else {
      ++entry;
    }
  }
  return due;
}

std::vector<FleetPart> PushBatches::TakeAll() {
  std::vector<FleetPart> all = std::exchange(cut_, {});
  for (auto& [key, batch] : batches_) all.push_back(Finish(std::move(batch)));
  batches_.clear();
  return all;
}

std::optional<Nanos> PushBatches::NextDue() const {
  std::optional<Nanos> next;
  for (const auto& [key, batch] : batches_) {
    const Nanos due = batch.since + interval_;
    next = std::min(next.value_or(due), due);
  }
  return next;
}

FleetPart PushBatches::Finish(Batch batch) {
  if (batch.sum == nullptr) return std::move(batch.first);
  const Profile& first = *batch.first.profile;
  Profile sum = batch.sum->Take();
  sum.set_start(first.start(), first.begin());
  return {.target = std::move(batch.first.target),
          .profile = std::make_shared<const Profile>(std::move(sum))};
}

}  // namespace spyhop
