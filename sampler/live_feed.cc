#include "sampler/live_feed.h"

#include <algorithm>
#include <utility>

#include "base/start_thread.h"

namespace spyhop {
namespace {

constexpr size_t kMostStacks = 50'000;  // of a part
constexpr Nanos kLongestUntaken = 60 * kSecond;
// Of a wish: what is not worth another part.
constexpr Nanos kShortest = 20 * kMillisecond;

}  // namespace

LiveFeed::LiveFeed(std::unique_ptr<Sampler> sampler, Lengths lengths, SamplingGate& gate,
                   Listener* listener)
    : sampler_(std::move(sampler)),
      target_(sampler_->target()),
      gate_(gate),
      listener_(listener),
      length_(lengths.each),
      most_stacks_(kMostStacks),
      next_length_(std::min(lengths.first, lengths.each)) {
  absl::StatusOr<std::thread> thread = StartThread([this] { Loop(); });
  if (thread.ok()) {
    thread_ = *std::move(thread);
    return;
  }
  ended_ = true;
  status_ = thread.status();
}

LiveFeed::~LiveFeed() {
  Close();
  if (thread_.joinable()) thread_.join();
}

void LiveFeed::Close() {
  const std::lock_guard lock(mutex_);
  closing_ = true;
  StopPart();
  changed_.notify_all();
}

void LiveFeed::StopPart() {
  stop_ = true;
  sampler_->WakeUp();
}

void LiveFeed::Loop() {
  while (BeginPart()) SamplePart();
  ServeTheRest(absl::NotFoundError("the process ended before it was sampled"));
}

// False when there is no more.
bool LiveFeed::BeginPart() {
  std::unique_lock lock(mutex_);
  if (halted_ && !closing_ && !ended_) {
    lock.unlock();
    ServeTheRest(absl::FailedPreconditionError("sampling of the process is paused"));
    lock.lock();
  }
  changed_.wait(lock, [this] { return closing_ || ended_ || !halted_; });
  if (closing_ || ended_) return false;
  stop_ = false;
  ++number_;
  for (Wanted& wanted : wishes_) wanted.begun = true;
  next_length_ = NextLength();
  return true;
}

Nanos LiveFeed::NextLength() {
  Nanos length = number_ == 1 ? next_length_ : length_.load();
  for (const Wanted& wanted : wishes_) length = std::min(length, wanted.left);
  return length;
}

void LiveFeed::SamplePart() {
  auto profile = std::make_shared<Profile>();
  const Nanos length = next_length_;
  if (listener_ != nullptr) listener_->OnBegin(*profile);
  sampler_->set_duration(length);
  const auto note = [&](const SamplingProgress& now) {
    threads_ = now.threads;
    if (listener_ != nullptr) listener_->OnProgress(now);
    if (now.elapsed >= length || profile->stacks().size() >= most_stacks_) stop_ = true;
  };
  const absl::Status status = sampler_->Run(stop_, gate_, *profile, note);
  // At its full length it has not ended with the target.
  if (profile->duration() >= length) stop_ = true;
  if (listener_ != nullptr) listener_->OnEnd(profile);
  Serve(profile);
  const std::lock_guard lock(mutex_);
  if (listener_ == nullptr) Keep(std::move(profile));
  if (!stop_ || !status.ok()) ended_ = true;
  status_ = status;
}

void LiveFeed::Keep(std::shared_ptr<const Profile> profile) {
  parts_.push_back({number_, std::move(profile)});
  const auto most = static_cast<size_t>(kLongestUntaken / length_) + 1;
  if (parts_.size() > most) parts_.pop_front();
}

void LiveFeed::Serve(const std::shared_ptr<const Profile>& profile) {
  std::vector<Wanted> served;
  {
    const std::lock_guard lock(mutex_);
    for (Wanted& wanted : wishes_) {
      if (wanted.begun) Add(profile, wanted);
    }
    const auto done = std::stable_partition(
        wishes_.begin(), wishes_.end(),
        [](const Wanted& wanted) { return !wanted.begun || wanted.left > kShortest; });
    std::move(done, wishes_.end(), std::back_inserter(served));
    wishes_.erase(done, wishes_.end());
  }
  for (Wanted& wanted : served) Answer(wanted, absl::OkStatus());
}

void LiveFeed::ServeTheRest(const absl::Status& why) {
  std::vector<Wanted> rest;
  {
    const std::lock_guard lock(mutex_);
    ended_ = ended_ || closing_;
    rest = std::exchange(wishes_, {});
  }
  for (Wanted& wanted : rest) Answer(wanted, why);
}

void LiveFeed::Add(const std::shared_ptr<const Profile>& profile, Wanted& wanted) {
  wanted.left -= profile->duration();
  if (wanted.sum == nullptr && wanted.only == nullptr) {
    wanted.only = profile;
    return;
  }
  if (wanted.sum == nullptr) {
    wanted.sum = std::make_unique<ProfileSum>();
    wanted.sum->Add(*std::exchange(wanted.only, nullptr));
  }
  wanted.sum->Add(*profile);
}

// `why`: when there is nothing.
void LiveFeed::Answer(Wanted& wanted, const absl::Status& why) {
  if (wanted.sum != nullptr) {
    return wanted.done(std::make_shared<const Profile>(wanted.sum->Take()));
  }
  if (wanted.only != nullptr) return wanted.done(std::move(wanted.only));
  wanted.done(why);
}

void LiveFeed::Wish(Nanos length, OnWish done) {
  Wanted wanted;
  wanted.left = length;
  wanted.done = std::move(done);
  {
    const std::lock_guard lock(mutex_);
    if (!ended_ && !closing_ && !halted_) {
      wishes_.push_back(std::move(wanted));
      StopPart();
      return;
    }
  }
  Answer(wanted, halted_ ? absl::FailedPreconditionError("sampling of the process is paused")
                         : absl::NotFoundError("the process has ended"));
}

std::deque<LiveFeed::Part> LiveFeed::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(parts_, {});
}

uint64_t LiveFeed::BeginAnew() {
  const std::lock_guard lock(mutex_);
  StopPart();
  parts_.clear();
  return number_ + 1;
}

void LiveFeed::Halt() {
  const std::lock_guard lock(mutex_);
  halted_ = true;
  StopPart();
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
