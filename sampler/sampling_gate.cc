#include "sampler/sampling_gate.h"

namespace spyhop {

bool SamplingGate::Close(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  closed_ = true;
  return changed_.wait_for(lock, patience, [this] { return inside_ == 0; });
}

void SamplingGate::Open() {
  const std::lock_guard lock(mutex_);
  closed_ = false;
  changed_.notify_all();
}

void SamplingGate::Enter() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !closed_; });
  ++inside_;
}

void SamplingGate::Leave() {
  const std::lock_guard lock(mutex_);
  --inside_;
  changed_.notify_all();
}

}  // namespace spyhop
