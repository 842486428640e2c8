#include "cli/tui/live_feed.h"

#include <algorithm>
#include <utility>

#include "base/start_thread.h"

namespace spyhop {
namespace {

constexpr Nanos kFirstPart = kSecond;
constexpr size_t kMostStacks = 50'000;  // of a part
constexpr Nanos kLongestUntaken = 60 * kSecond;

}  // namespace

LiveFeed::LiveFeed(std::unique_ptr<Sampler> sampler, Nanos length, SamplingGate& gate)
    : sampler_(std::move(sampler)), target_(sampler_->target()), length_(length), gate_(gate) {
  absl::StatusOr<std::thread> thread = StartThread([this] { Loop(); });
  if (thread.ok()) {
    thread_ = *std::move(thread);
  } else {
    status_ = thread.status();
    ended_ = true;
  }
}

LiveFeed::~LiveFeed() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    stop_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void LiveFeed::Loop() {
  while (BeginPart()) SamplePart();
}

// False when there is no more.
bool LiveFeed::BeginPart() {
  const std::lock_guard lock(mutex_);
  if (closing_ || ended_) return false;
  stop_ = false;
  ++number_;
  return true;
}

void LiveFeed::SamplePart() {
  auto profile = std::make_shared<Profile>();
  const Nanos length = number_ == 1 ? std::min(length_, kFirstPart) : length_;
  const auto note = [&](const SamplingProgress& now) {
    threads_ = now.threads;
    if (now.elapsed >= length || profile->stacks().size() >= kMostStacks) stop_ = true;
  };
  const absl::Status status = sampler_->Run(stop_, gate_, *profile, note);
  const std::lock_guard lock(mutex_);
  parts_.push_back({number_, std::move(profile)});
  const auto most = static_cast<size_t>(kLongestUntaken / length_) + 1;
  if (parts_.size() > most) parts_.pop_front();
  if (!stop_ || !status.ok()) ended_ = true;
  status_ = status;
}

std::deque<LiveFeed::Part> LiveFeed::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(parts_, {});
}

uint64_t LiveFeed::BeginAnew() {
  const std::lock_guard lock(mutex_);
  stop_ = true;
  parts_.clear();
  return number_ + 1;
}

bool LiveFeed::ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

absl::Status LiveFeed::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace spyhop
