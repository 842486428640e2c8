#include "cli/daemon/push_sender.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/absl_view.h"
#include "base/log.h"
#include "cli/daemon/push_headers.h"

namespace spyhop {
namespace {

// Pyroscope's default (validation.rejectOlderThan), less what the way there may take.
constexpr absl::Duration kOldestForPyroscope = absl::Minutes(59);

}  // namespace

PushSender::PushSender(const PushTarget& target, HttpPoster& poster, Time time, uint64_t seed)
    : target_(target),
      poster_(poster),
      time_(std::move(time)),
      spool_(target.spool_bytes),
      backoff_(seed) {
  figures_.target = target.name;
}

void PushSender::Add(PushRequest request) {
  const Lock lock(mutex_);
  request.created = time_.clock.Now();
  figures_[PushDrop::kSpoolFull] += spool_.Put(std::move(request));
}

void PushSender::CountDrop(PushDrop cause, uint64_t count) {
  const Lock lock(mutex_);
  figures_[cause] += count;
}

void PushSender::CountSplit() {
  const Lock lock(mutex_);
  ++figures_.splits;
}

std::optional<Nanos> PushSender::Step() {
  Lock lock(mutex_);
  DropOld();
  if (spool_.empty()) return std::nullopt;
  if (time_.clock.Now() >= not_before_) SendOne(lock);
  if (spool_.empty()) return std::nullopt;
  return std::max(not_before_, time_.clock.Now());
}

bool PushSender::StepNow() {
  Lock lock(mutex_);
  return SendOne(lock);
}

bool PushSender::SendOne(Lock& lock) {
  if (spool_.empty()) return false;
  PushRequest request = spool_.Take();
  lock.unlock();
  const absl::StatusOr<HttpAnswer> answer = Post(request);
  lock.lock();
  if (absl::IsCancelled(answer.status())) {
    spool_.PutBack(std::move(request));
    return false;
  }
  const bool is_otlp = target_.type == PushTarget::Type::kOtlp;
  const PushVerdict verdict = Judge(answer, is_otlp, time_.wall());
  Settle(std::move(request), verdict);
  return verdict.kind == PushVerdict::Kind::kTaken;
}

absl::StatusOr<HttpAnswer> PushSender::Post(const PushRequest& request) {
  absl::StatusOr<HttpHeaders> headers = ReadHeaders(target_.headers);
  if (!headers.ok()) return headers.status();
  return poster_.Post({.url = request.url,
                       .content_type = request.content_type,
                       .headers = *std::move(headers),
                       .body = request.body,
                       .timeout = target_.timeout});
}

void PushSender::Settle(PushRequest request, const PushVerdict& verdict) {
  const bool had_problem = !figures_.problem.empty();
  figures_.problem = verdict.problem;
  if (verdict.kind == PushVerdict::Kind::kRetry) {
    ++figures_.retries;
    ++request.attempts;
    const Nanos chosen = backoff_.Next();
    not_before_ = time_.clock.Now() + verdict.retry_after.value_or(chosen);
    spool_.PutBack(std::move(request));
  } else {
    spool_.Forget(request);
    backoff_.Reset();
    not_before_ = 0;
  }
  if (verdict.kind == PushVerdict::Kind::kRefused) ++figures_[PushDrop::kRefused];
  if (verdict.kind == PushVerdict::Kind::kTaken) {
    ++figures_.sent;
    figures_.sent_bytes += request.body.size();
    figures_.rejected += static_cast<uint64_t>(verdict.rejected);
  }
  // Only when it changes: a store may be away for hours.
  if (!had_problem && !verdict.problem.empty()) {
    LogWarning(absl::StrCat("push ", target_.name, ": not taken, ", verdict.problem));
  } else if (had_problem && verdict.problem.empty()) {
    LogInfo(absl::StrCat("push ", target_.name, ": profiles are taken again"));
  }
}

void PushSender::DropOld() {
  const Nanos now = time_.clock.Now();
  figures_[PushDrop::kExpired] += spool_.DropIf(
      [&](const PushRequest& request) { return now - request.created >= target_.retry_for; });
  if (target_.type != PushTarget::Type::kPyroscope) return;
  const absl::Time oldest = time_.wall() - kOldestForPyroscope;
  figures_[PushDrop::kTooOld] +=
      spool_.DropIf([&](const PushRequest& request) { return request.start < oldest; });
}

void PushSender::GiveUp(PushDrop cause) {
  const Lock lock(mutex_);
  figures_[cause] += spool_.DropIf([](const PushRequest&) { return true; });
}

PushFigures PushSender::Figures() const {
  const Lock lock(mutex_);
  PushFigures figures = figures_;
  figures.spool_bytes = spool_.bytes();
  figures.spool_requests = spool_.size();
  return figures;
}

}  // namespace spyhop
