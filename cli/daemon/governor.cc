#include "cli/daemon/governor.h"

#include <algorithm>
#include <cmath>

namespace spyhop {
namespace {

constexpr Nanos kMinute = 60 * kSecond;
constexpr Nanos kAhead = 10 * kSecond;  // in which a minute's balance is made up for
constexpr Nanos kShortTerm = 10 * kSecond;
constexpr double kMemory = 10;  // seconds after which what was learnt counts for a third
// A little of the budget stays unspent: rounds are dealt out by what they have cost.
constexpr double kSpent = 0.98;
constexpr double kMostCorrection = 0.5;
constexpr double kFirstCost = 50 * kMicrosecond;
constexpr double kMuchMemory = 0.9;  // of the budget
constexpr double kEnoughMemory = 0.75;

void Approach(double measured, double seconds, double& value) {
  value = value == 0 ? measured : value + (measured - value) * (1 - std::exp(-seconds / kMemory));
}

double Seconds(Nanos time) { return static_cast<double>(time) / static_cast<double>(kSecond); }

}  // namespace

std::vector<double> Governor::Grant(Nanos now, Nanos own_cpu, absl::Span<const Target> targets) {
  const double seconds = spent_.empty() ? 0 : Seconds(now - spent_.back().at);
  if (seconds > 0) Learn(seconds, own_cpu, targets);
  spent_.push_back({now, own_cpu});
  while (spent_.size() > 2 && now - spent_[1].at >= kMinute - kAhead) spent_.pop_front();
  const double typical = TypicalCost();
  std::vector<double> rates;
  std::vector<double> costs;
  for (const Target& target : targets) {
    const Known& known = known_[target.id];
    double rate = target.asked_hz;
    if (budget_.stopped > 0 && known.stopped_per_round > 0) {
      rate =
          std::min(rate, budget_.stopped * static_cast<double>(kSecond) / known.stopped_per_round);
    }
    rates.push_back(std::max(rate, kLowestRate));
    costs.push_back((known.cpu_per_round > 0 ? known.cpu_per_round : typical) /
                    static_cast<double>(kSecond));
  }
  if (budget_.cpu > 0) Deal(Allowed(now, own_cpu) - fixed_share_, costs, rates);
  return rates;
}

void Governor::Learn(double seconds, Nanos own_cpu, absl::Span<const Target> targets) {
  for (auto& [id, known] : known_) known.seen = false;
  Nanos of_rounds = 0;
  for (const Target& target : targets) {
    Known& known = known_[target.id];
    known.seen = true;
    const uint64_t rounds = target.rounds - known.rounds;
    const Nanos cpu = target.cpu - known.cpu;
    of_rounds += cpu;
    if (rounds > 0) {
      const auto count = static_cast<double>(rounds);
      Approach(static_cast<double>(cpu) / count, seconds, known.cpu_per_round);
      Approach(static_cast<double>(target.stopped - known.stopped) / count, seconds,
               known.stopped_per_round);
    }
    known.rounds = target.rounds;
    known.cpu = target.cpu;
    known.stopped = target.stopped;
  }
  absl::erase_if(known_, [](const auto& entry) { return !entry.second.seen; });
  const double fixed = Seconds(own_cpu - spent_.back().cpu - of_rounds) / seconds;
  Approach(std::max(fixed, 0.0), seconds, fixed_share_);
}

// Of a target that has had no round yet.
double Governor::TypicalCost() const {
  double sum = 0;
  double count = 0;
  for (const auto& [id, known] : known_) {
    if (known.cpu_per_round == 0) continue;
    sum += known.cpu_per_round;
    ++count;
  }
  return count > 0 ? sum / count : kFirstCost;
}

// The share for the next seconds with which the minute that they end keeps the budget.
double Governor::Allowed(Nanos now, Nanos own_cpu) const {
  const double budget = budget_.cpu * kSpent;
  const double past = Seconds(now - spent_.front().at);
  const double spent = Seconds(own_cpu - spent_.front().cpu);
  const double ahead = Seconds(kAhead);
  const double allowed = (budget * (past + ahead) - spent) / ahead;
  return std::clamp(allowed, (1 - kMostCorrection) * budget, (1 + kMostCorrection) * budget);
}

// Those who would fall below the lowest rate have that; the others share what is left.
void Governor::Deal(double share, const std::vector<double>& costs,
                    std::vector<double>& rates) const {
  std::vector<bool> lowest(rates.size(), false);
  double factor = 1;
  for (bool again = true; again;) {
    again = false;
    double wanted = 0;
    double left = share;
    for (size_t i = 0; i < rates.size(); ++i) {
      if (lowest[i]) left -= kLowestRate * costs[i];
      if (!lowest[i]) wanted += rates[i] * costs[i];
    }
    factor = wanted > left ? std::max(left, 0.0) / wanted : 1;
    for (size_t i = 0; i < rates.size(); ++i) {
      if (lowest[i] || rates[i] * factor >= kLowestRate) continue;
      lowest[i] = again = true;
    }
  }
  for (size_t i = 0; i < rates.size(); ++i) rates[i] = lowest[i] ? kLowestRate : rates[i] * factor;
}

double Governor::cpu_share() const {
  if (spent_.size() < 2) return 0;
  const Spent& last = spent_.back();
  const auto first = std::find_if(spent_.begin(), spent_.end() - 1, [&](const Spent& spent) {
    return last.at - spent.at <= kShortTerm;
  });
  const Spent& from = first == spent_.end() - 1 ? *(spent_.end() - 2) : *first;
  return Seconds(last.cpu - from.cpu) / Seconds(last.at - from.at);
}

Governor::Saving Governor::SaveMemory(uint64_t resident_bytes) {
  if (budget_.memory == 0) return saving_ = Saving::kNothing;
  const double share = static_cast<double>(resident_bytes) / static_cast<double>(budget_.memory);
  if (share > 1) {
    saving_ = Saving::kRecent;
  } else if (share > kMuchMemory) {
    saving_ = std::max(saving_, Saving::kShortParts);
  } else if (share < kEnoughMemory) {
    saving_ = Saving::kNothing;
  }
  return saving_;
}

}  // namespace spyhop
