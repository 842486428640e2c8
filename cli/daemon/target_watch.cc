#include "cli/daemon/target_watch.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace spyhop {
namespace {

constexpr size_t kMostStacks = 50'000;  // of a part
constexpr size_t kFewerStacks = 10'000;

// Parts of targets that were found at once must not all end at once.
LiveFeed::Lengths LengthsOf(Nanos segment, int pid) {
  constexpr int kPlaces = 32;
  return {.first = segment / 2 + segment / 2 / kPlaces * (pid % kPlaces), .each = segment};
}

}  // namespace

TargetWatch::TargetWatch(FleetTarget target, const How& how, std::unique_ptr<Sampler> sampler,
                         OutputsNow outputs, RecentParts& recent)
    : start_time_(target.start_time),
      how_(how),
      outputs_now_(std::move(outputs)),
      recent_(recent),
      target_(std::move(target)) {
  target_.info = sampler->target();
  target_.rate_hz = target_.asked_hz;
  const LiveFeed::Lengths lengths = LengthsOf(how.segment, target_.info.pid);
  feed_ = std::make_unique<LiveFeed>(std::move(sampler), lengths, gate_,
                                     static_cast<LiveFeed::Listener*>(this));
}

void TargetWatch::OnBegin(Profile& profile) {
  outputs_ = outputs_now_();
  if (outputs_->history == nullptr) return;
  recording_ = outputs_->history->Begin(Describe().info.pid, start_time_, absl::Now());
  stream_.emplace(
      profile, 0,
      [this](std::string message) { outputs_->history->Add(recording_, std::move(message)); },
      History::kBlockSpan);
}

void TargetWatch::OnProgress(const SamplingProgress& progress) {
  const std::lock_guard lock(mutex_);
  now_ = progress;
  target_.threads = progress.threads;
}

void TargetWatch::OnEnd(const std::shared_ptr<const Profile>& profile) {
  const bool has_samples = profile->figures().samples > 0;
  if (stream_) {
    if (has_samples) stream_->Finish();
    stream_.reset();
    outputs_->history->Finish(recording_);
    recording_.reset();
  }
  AddToFigures(*profile);
  if (!has_samples) return;
  const FleetPart part{Describe(), profile};
  for (const auto& consumer : outputs_->consumers) consumer->Consume(part);
  recent_.Add(part, MonotonicClock().Now());
}

void TargetWatch::AddToFigures(const Profile& profile) {
  const SamplingFigures& figures = profile.figures();
  const std::lock_guard lock(mutex_);
  now_ = {};
  rounds_ += figures.rounds;
  target_.samples += figures.samples;
  target_.lost += std::accumulate(figures.lost.begin(), figures.lost.end(), uint64_t{0});
  target_.stopped += figures.stops.total();
  target_.stopped_most = std::max(target_.stopped_most, figures.stops.max());
  target_.own_cpu += figures.own_cpu;
  // After an exec.
  if (!profile.targets().empty()) target_.info = profile.targets().back();
}

FleetTarget TargetWatch::Describe() const {
  const std::lock_guard lock(mutex_);
  FleetTarget target = target_;
  target.samples += now_.samples;
  target.lost += now_.lost;
  target.stopped += now_.stopped;
  target.stopped_most = std::max(target.stopped_most, now_.stopped_most);
  target.own_cpu += now_.tracer_cpu;
  return target;
}

Governor::Target TargetWatch::Measured() const {
  const std::lock_guard lock(mutex_);
  return {.id = how_.id,
          .asked_hz = target_.paused ? Governor::kLowestRate : target_.asked_hz,
          .rounds = rounds_ + now_.rounds,
          .cpu = target_.own_cpu + now_.tracer_cpu,
          .stopped = target_.stopped + now_.stopped};
}

void TargetWatch::Relabel(std::string rule, Labels labels, double asked_hz) {
  const std::lock_guard lock(mutex_);
  target_.rule = std::move(rule);
  target_.labels = std::move(labels);
  target_.asked_hz = asked_hz;
}

void TargetWatch::set_asked(double hz) {
  const std::lock_guard lock(mutex_);
  target_.asked_hz = hz;
}

void TargetWatch::set_granted(double hz) {
  {
    const std::lock_guard lock(mutex_);
    if (target_.rate_hz == hz) return;
    target_.rate_hz = hz;
  }
  feed_->sampler().set_rate(hz);
}

void TargetWatch::set_lengths(Nanos segment, bool save_memory) {
  feed_->set_length(save_memory ? segment / 2 : segment);
  feed_->set_most_stacks(save_memory ? kFewerStacks : kMostStacks);
}

void TargetWatch::Pause() {
  {
    const std::lock_guard lock(mutex_);
    target_.paused = true;
  }
  feed_->Halt();
}

void TargetWatch::Resume() {
  {
    const std::lock_guard lock(mutex_);
    target_.paused = false;
  }
  feed_->GoOn();
}

void TargetWatch::Record(Nanos length, Fleet::OnPart done) {
  feed_->Wish(length, [this, done = std::move(done)](
                          absl::StatusOr<std::shared_ptr<const Profile>> profile) {
    if (!profile.ok()) return done(profile.status());
    done(FleetPart{Describe(), *std::move(profile)});
  });
}

absl::StatusOr<Snapshot> TargetWatch::TakeSnapshot() { return feed_->sampler().TakeSnapshot({}); }

}  // namespace spyhop
