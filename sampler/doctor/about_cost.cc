// What sampling costs the target and the machine, measured on this very target.
#include <atomic>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sampler/doctor/findings.h"
#include "sampler/sampler.h"

namespace spyhop {
namespace {

using Verdict = Finding::Verdict;

constexpr double kRate = 100;
constexpr Nanos kDuration = 600 * kMillisecond;
// Below this share of the time in which it wanted a CPU, queueing for one says nothing.
constexpr double kFull = 0.2;

double Micros(Nanos time) { return static_cast<double>(time) / kMicrosecond; }

struct Cost {
  uint64_t rounds = 0;
  double cpu_us = 0;  // Spyhop's, a round: mean
  uint64_t stops = 0;
  double stopped_us = 0;  // of the target, a stop: median
  double p99_us = 0;
  double stopped_share = 0;  // of the time
};

// The first round meets everything for the first time: it is left out.
class Measurement {
 public:
  absl::Status Run(int pid) {
    absl::StatusOr<std::unique_ptr<Sampler>> sampler =
        Sampler::Create(pid, {.rate_hz = kRate, .duration = kDuration});
    if (!sampler.ok()) return sampler.status();
    const std::atomic<bool> never = false;
    SamplingGate open;
    return (*sampler)->Run(never, open, profile_, [this](const SamplingProgress&) { NoteFirst(); });
  }

  std::optional<Cost> cost() const {
    const SamplingFigures& all = profile_.figures();
    if (!first_rounds_ || all.rounds <= *first_rounds_) return std::nullopt;
    Cost cost;
    cost.rounds = all.rounds - *first_rounds_;
    cost.cpu_us = Micros(all.own_cpu - first_cpu_) / static_cast<double>(cost.rounds);
    cost.stops = all.stops.count();
    cost.stopped_us = Micros(all.stops.Percentile(0.5));
    cost.p99_us = Micros(all.stops.Percentile(0.99));
    cost.stopped_share =
        static_cast<double>(all.stops.total()) / static_cast<double>(profile_.duration());
    return cost;
  }

  const Profile& profile() const { return profile_; }

 private:
  void NoteFirst() {
    if (first_rounds_) return;
    first_rounds_ = profile_.figures().rounds;
    first_cpu_ = profile_.figures().own_cpu;
  }

  Profile profile_;
  std::optional<uint64_t> first_rounds_;
  Nanos first_cpu_ = 0;
};

Finding AboutRounds(const Cost& cost) {
  std::string text = absl::StrFormat(
      "%d rounds at %.0f Hz took %.0f us of Spyhop's CPU each, on average: %.2f %% of a core",
      cost.rounds, kRate, cost.cpu_us, cost.cpu_us * kRate / 1e4);
  if (cost.stops == 0) {
    absl::StrAppend(&text, "; nothing had to be stopped");
  } else {
    absl::StrAppendFormat(&text,
                          "; the process was stopped %d times, median %.0f us, p99 %.0f us: %.2f "
                          "%% of its time",
                          cost.stops, cost.stopped_us, cost.p99_us, 100 * cost.stopped_share);
  }
  return {Verdict::kOk,
          "cost",
          std::move(text),
          {},
          {{"rate_hz", kRate},
           {"rounds", static_cast<double>(cost.rounds)},
           {"own_cpu_us", cost.cpu_us},
           {"own_cpu_share", cost.cpu_us * kRate / 1e6},
           {"stops", static_cast<double>(cost.stops)},
           {"stopped_us", cost.stopped_us},
           {"stopped_p99_us", cost.p99_us},
           {"stopped_share", cost.stopped_share}}};
}

// How long its threads waited for a CPU, of the time in which they wanted one.
void AboutCpus(const Profile& profile, Findings& findings) {
  Nanos queued = 0;
  Nanos wanted = 0;
  for (const ThreadInfo& thread : profile.threads()) {
    queued += thread.times[TimeClass::kRunQueue];
    wanted += thread.times[TimeClass::kRunQueue] + thread.times.cpu;
  }
  const double share = wanted == 0 ? 0 : static_cast<double>(queued) / static_cast<double>(wanted);
  if (share < kFull) return;
  findings.push_back(
      {Verdict::kWarning,
       "cpus",
       absl::StrFormat("its threads queued for a CPU for %.0f %% of the time in which they wanted "
                       "one: the machine, or its CPU quota, is full",
                       100 * share),
       {"nothing has to be done: it is stopped as rarely as can be, and with --native ten times a "
        "second at most; the class runq is that time",
        {}},
       {{"queued_share", share}}});
}

}  // namespace

void AboutCost(int pid, Findings& findings) {
  Measurement measurement;
  const absl::Status status = measurement.Run(pid);
  const std::optional<Cost> cost = measurement.cost();
  if (!status.ok() || !cost) return;  // it has just ended
  findings.push_back(AboutRounds(*cost));
  AboutCpus(measurement.profile(), findings);
}

}  // namespace spyhop
