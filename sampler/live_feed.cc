#include "sampler/live_feed.h"

#include <algorithm>
#include <utility>

namespace spyhop {
namespace {

constexpr Nanos kFirstPart = kSecond;
constexpr size_t kMostStacks = 50'000;  // of a part
constexpr Nanos kLongestUntaken = 60 * kSecond;

}  // namespace

LiveFeed::LiveFeed(std::unique_ptr<Sampler> sampler, Nanos length)
    : sampler_(std::move(sampler)),
      target_(sampler_->target()),
      length_(length),
      thread_([this] { Loop(); }) {}

LiveFeed::~LiveFeed() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void LiveFeed::Loop() {
  while (BeginPart()) SamplePart();
}

// False when there is no more.
bool LiveFeed::BeginPart() {
  std::unique_lock lock(mutex_);
  running_ = false;
  changed_.notify_all();
  changed_.wait(lock, [this] { return closing_ || ended_ || !halted_; });
  if (closing_ || ended_) return false;
  running_ = true;
  stop_ = false;
  ++number_;
  return true;
}

void LiveFeed::SamplePart() {
  auto profile = std::make_shared<Profile>();
  const Nanos length = number_ == 1 ? std::min(length_, kFirstPart) : length_;
  const absl::Status status = sampler_->Run(stop_, *profile, [&](const SamplingProgress& now) {
    threads_ = now.threads;
    if (now.elapsed >= length || profile->stacks().size() >= kMostStacks) stop_ = true;
  });
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

void LiveFeed::Halt() {
  std::unique_lock lock(mutex_);
  halted_ = true;
  stop_ = true;
  changed_.wait(lock, [this] { return !running_; });
}

void LiveFeed::GoOn() {
  const std::lock_guard lock(mutex_);
  halted_ = false;
  changed_.notify_all();
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
