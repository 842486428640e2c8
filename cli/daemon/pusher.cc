#include "cli/daemon/pusher.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/start_thread.h"
#include "cli/daemon/push_encoder.h"
#include "cli/daemon/push_headers.h"
#include "report/escape.h"

namespace spyhop {
namespace {

constexpr std::chrono::seconds kLastChance(3);

// About what it takes in memory.
uint64_t BytesOf(const FleetPart& part) {
  const Profile& profile = *part.profile;
  return 4096 + profile.strings().size() * 100 + profile.frames().size() * 48 +
         profile.stacks().size() * 40 + profile.buckets().size() * 140 +
         profile.threads().size() * 200;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Pusher>> Pusher::Create(const PushTarget& target) {
  if (target.url.find('?') != std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", EscapeForTerminal(target.url),
                     "' is no address to push to: it has a query ('?'), but a path follows"));
  }
  absl::StatusOr<std::unique_ptr<HttpPoster>> poster = MakeHttpPoster(target.url);
  if (!poster.ok()) return poster.status();
  if (absl::StatusOr<HttpHeaders> headers = ReadHeaders(target.headers); !headers.ok()) {
    return headers.status();
  }
  std::unique_ptr<Pusher> pusher(new Pusher(target, *std::move(poster)));
  absl::Status started = pusher->Start();
  if (!started.ok()) return started;
  return pusher;
}

Pusher::Pusher(const PushTarget& target, std::unique_ptr<HttpPoster> poster)
    : target_(target),
      poster_(std::move(poster)),
      sender_(target_, *poster_, {.clock = clock_, .wall = absl::Now}, std::random_device{}()) {}

absl::Status Pusher::Start() {
  absl::StatusOr<std::thread> encoder = StartThread([this] { EncodeAll(); });
  if (!encoder.ok()) return encoder.status();
  encoder_ = *std::move(encoder);
  const Lock lock(mutex_);
  absl::StatusOr<std::thread> sender = StartThread([this] { SendAll(); });
  if (!sender.ok()) return sender.status();
  sender_thread_ = *std::move(sender);
  sent_ = false;
  return absl::OkStatus();
}

Pusher::~Pusher() {
  {
    Lock lock(mutex_);
    closing_ = true;
    has_part_.notify_one();
    has_request_.notify_one();
    has_ended_.wait_for(lock, kLastChance, [this] { return sent_; });
  }
  poster_->Cancel();
  if (encoder_.joinable()) encoder_.join();
  if (sender_thread_.joinable()) sender_thread_.join();
}

void Pusher::Consume(const FleetPart& part) {
  const Lock lock(mutex_);
  waiting_ += BytesOf(part);
  while (waiting_ > kMostWaiting && !parts_.empty()) {
    waiting_ -= BytesOf(parts_.front());
    parts_.pop_front();
    sender_.CountDrop(PushDrop::kBusy);
  }
  parts_.push_back(part);
  has_part_.notify_one();
}

void Pusher::Wait(Lock& lock, std::condition_variable& changed, std::optional<Nanos> until) {
  if (!until) return changed.wait(lock);
  changed.wait_for(lock, std::chrono::nanoseconds(std::max<Nanos>(*until - clock_.Now(), 0)));
}

void Pusher::EncodeAll() {
  PushBatches batches(target_.interval);
  Lock lock(mutex_);
  while (!closing_ || !parts_.empty()) {
    const std::optional<Nanos> due = batches.NextDue();
    if (parts_.empty() && (!due || *due > clock_.Now())) {
      Wait(lock, has_part_, due);
      continue;
    }
    std::optional<FleetPart> part;
    if (!parts_.empty()) {
      part = std::move(parts_.front());
      parts_.pop_front();
    }
    lock.unlock();
    if (part) batches.Add(*part, clock_.Now());
    for (const FleetPart& batch : batches.TakeDue(clock_.Now())) Encode(batch);
    lock.lock();
    if (part) waiting_ -= BytesOf(*part);
  }
  lock.unlock();
  for (const FleetPart& batch : batches.TakeAll()) Encode(batch);
  lock.lock();
  encoded_ = true;
  has_request_.notify_one();
}

void Pusher::Encode(const FleetPart& part) {
  EncodedProfile encoded = EncodeForPush(part, target_);
  if (encoded.requests.size() > 1) sender_.CountSplit();
  sender_.CountDrop(PushDrop::kTooLarge, encoded.too_large);
  for (PushRequest& request : encoded.requests) sender_.Add(std::move(request));
  const Lock lock(mutex_);
  added_ = true;
  has_request_.notify_one();
}

void Pusher::SendAll() {
  Lock lock(mutex_);
  while (!closing_) {
    added_ = false;
    lock.unlock();
    const std::optional<Nanos> next = sender_.Step();
    lock.lock();
    if (!closing_ && !added_ && (!next || *next > clock_.Now())) Wait(lock, has_request_, next);
  }
  while (!encoded_) has_request_.wait(lock);
  lock.unlock();
  while (sender_.StepNow()) {
  }
  sender_.GiveUp(PushDrop::kEnded);
  lock.lock();
  sent_ = true;
  has_ended_.notify_one();
}

}  // namespace spyhop
