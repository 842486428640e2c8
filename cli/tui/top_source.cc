#include "cli/tui/top_source.h"

#include <algorithm>
#include <utility>

namespace spyhop {
namespace {

// A sampler tells its progress twice a second.
constexpr Nanos kShortestPart = kSecond / 2;
constexpr Nanos kLongestPart = 10 * kSecond;
// A thread with fewer is not held against the scheduler's counts (SampleRecorder::Calibrate).
constexpr double kEnoughSamples = 40;

Nanos PartLength(Nanos delay, double rate_hz) {
  const auto enough =
      static_cast<Nanos>(std::min(kEnoughSamples / rate_hz, 10.0) * static_cast<double>(kSecond));
  return std::clamp(std::max(delay, enough), kShortestPart, kLongestPart);
}

}  // namespace

TopSource::TopSource(std::vector<std::unique_ptr<Sampler>> samplers, Nanos delay, double rate_hz,
                     SamplingGate& gate) {
  const Nanos length = PartLength(delay, rate_hz);
  for (std::unique_ptr<Sampler>& sampler : samplers) {
    LiveProfile live(sampler->target());
    watched_.push_back(
        {std::make_unique<LiveFeed>(std::move(sampler),
                                    LiveFeed::Lengths{.first = kSecond, .each = length}, gate),
         std::move(live)});
  }
  start_ = clock_.Now();
  own_cpu_ = ProcessCpuTime();
}

bool TopSource::Update() {
  bool is_new = false;
  // Asked before parts are taken: none can come afterwards.
  ended_ = std::all_of(watched_.begin(), watched_.end(),
                       [](const Watched& each) { return each.feed->ended(); });
  for (Watched& each : watched_) {
    for (const LiveFeed::Part& part : each.feed->Take()) {
      each.live.Add(part);
      has_sampled_ = has_sampled_ || part.profile->figures().samples > 0;
      is_new = true;
    }
  }
  return is_new;
}

TopData TopSource::Make(Nanos window) const {
  TopData data;
  for (const Watched& each : watched_) {
    data.processes.push_back({.pid = each.feed->target().pid,
                              .ended = each.feed->ended(),
                              .threads = each.feed->threads(),
                              .profile = each.live.Make(window)});
    data.let_go += each.live.let_go();
  }
  if (data.processes.size() > 1) {
    for (const TopProcess& process : data.processes) data.merged.Merge(process.profile);
  }
  data.elapsed = clock_.Now() - start_;
  if (data.elapsed > 0) {
    data.own_cpu =
        static_cast<double>(ProcessCpuTime() - own_cpu_) / static_cast<double>(data.elapsed);
  }
  return data;
}

void TopSource::Reset() {
  for (Watched& each : watched_) each.live.Reset(each.feed->BeginAnew());
  start_ = clock_.Now();
  own_cpu_ = ProcessCpuTime();
}

absl::Status TopSource::status() const {
  for (const Watched& each : watched_) {
    if (const absl::Status status = each.feed->status(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace spyhop
