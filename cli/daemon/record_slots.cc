#include "cli/daemon/record_slots.h"

namespace spyhop {

RecordSlots::Slot RecordSlots::Take(const std::string& who) {
  const std::lock_guard lock(mutex_);
  if (all_ >= kMost) return nullptr;
  size_t& taken = taken_[who];
  if (taken >= kMostOfOne) return nullptr;
  ++taken;
  ++all_;
  return {this, [slots = shared_from_this(), who](const void*) { slots->GiveBack(who); }};
}

void RecordSlots::GiveBack(const std::string& who) {
  const std::lock_guard lock(mutex_);
  --all_;
  if (--taken_[who] == 0) taken_.erase(who);
}

}  // namespace spyhop
