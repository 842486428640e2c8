#include "sampler/kernel_split.h"

#include <algorithm>
#include <cmath>

namespace spyhop {
namespace {

// A page fault that needs no disk, on a virtual machine; one of a huge page takes a hundred times
// that.
constexpr Nanos kFaultTime = 2 * kMicrosecond;
// Against what the samples were seen in; against registers, a thread in a hundred is one too many.
constexpr double kProof = 2;
constexpr double kProofAgainstRegisters = 3;

}  // namespace

// By value: Settle passes what is reset here.
void KernelSplit::Open(CpuTicks ticks) {
  *this = KernelSplit();
  first_ = last_ = ticks;
}

void KernelSplit::Note(const Sample& sample, const std::optional<CpuTicks>& ticks, Known known,
                       TimeClass in_user_mode) {
  seen_ += sample.weight;
  ++samples_;
  const Profile::Key key = Profile::KeyOf(sample);
  const bool in_kernel = sample.time_class == TimeClass::kKernel;
  if (in_kernel) {
    seen_in_kernel_ += sample.weight;
    KernelShare& share = kernel_shares_[key];
    share.weight += sample.weight;
    share.in_user_mode = in_user_mode;
  } else {
    SharesOf(known)[key].weight += sample.weight;
  }
  since_ticks_.push_back({key, known, sample.weight, in_kernel});
  if (ticks) ShareOut(*ticks);
}

// In equal parts: any of the samples since the ticks were read may have been where they fell.
void KernelSplit::ShareOut(const CpuTicks& ticks) {
  const auto count = static_cast<Nanos>(since_ticks_.size());
  const auto faults = static_cast<Nanos>(ticks.minor_faults - last_.minor_faults) / count;
  const double system =
      static_cast<double>(ticks.system - last_.system) / static_cast<double>(count);
  for (const Noted& each : since_ticks_) {
    if (each.in_kernel) continue;
    Share& share = SharesOf(each.known)[each.key];
    share.faults += std::min(faults * kFaultTime, each.weight);
    if (each.known != Known::kRegisters || faults > 0) share.system_ticks += system;
  }
  since_ticks_.clear();
  last_ = ticks;
}

KernelSplit::Shares& KernelSplit::SharesOf(Known known) {
  return known == Known::kRegisters ? stopped_
         : known == Known::kHeldGil ? with_gil_
                                    : without_gil_;
}

void KernelSplit::Settle(Profile& profile) {
  const auto system = static_cast<double>(last_.system - first_.system);
  const double all = system + static_cast<double>(last_.user - first_.user);
  if (all > 0) {
    const double difference =
        static_cast<double>(seen_) * system / all - static_cast<double>(seen_in_kernel_);
    if (difference > 0) {
      MoveToKernel(difference, profile);
    } else if (IsCertain(difference, kProof)) {
      MoveFromKernel(-difference, profile);
    }
  }
  Open(last_);
}

// The standard deviation is that of both shares.
bool KernelSplit::IsCertain(double difference, double deviations) const {
  const double ticks = static_cast<double>(last_.system - first_.system + last_.user - first_.user);
  const double share = static_cast<double>(last_.system - first_.system) / ticks;
  const double variance = share * (1 - share) * (1 / ticks + 1.0 / samples_) + 1 / (ticks * ticks);
  return std::abs(difference) > deviations * std::sqrt(variance) * static_cast<double>(seen_);
}

// First where ticks fell, but no more to page faults than they take; what is left to threads
// without the GIL, of which nothing else is known; and then to page faults after all, for huge ones
// take long. But of a stopped thread the registers are known, and ticks fall at the scheduler's
// pace: where threads take turns at them, most hit the same place of a round.
void KernelSplit::MoveToKernel(double amount, Profile& profile) {
  const double ticks = TicksOf(without_gil_) + TicksOf(stopped_);
  double left = amount;
  for (Shares* shares : {&without_gil_, &stopped_}) {
    if (ticks == 0) break;
    for (auto& [key, share] : *shares) {
      const double most = static_cast<double>(shares == &stopped_ ? share.faults : share.weight);
      left -= Take(key, share, std::min(amount * share.system_ticks / ticks, most), profile);
    }
  }
  left -= Spread(without_gil_, left, profile);
  if (IsCertain(left, kProof)) left -= Spread(with_gil_, left, profile);
  if (IsCertain(left, kProofAgainstRegisters)) Spread(stopped_, left, profile);
}

double KernelSplit::Spread(Shares& shares, double amount, Profile& profile) {
  const double ticks = TicksOf(shares);
  if (ticks == 0 || amount <= 0) return 0;
  double moved = 0;
  for (auto& [key, share] : shares) {
    moved += Take(key, share, amount * share.system_ticks / ticks, profile);
  }
  return moved;
}

double KernelSplit::Take(const Profile::Key& key, Share& share, double amount, Profile& profile) {
  const auto part = std::min(static_cast<Nanos>(amount), share.weight);
  share.weight -= part;
  profile.Move(key, TimeClass::kKernel, part);
  return static_cast<double>(part);
}

double KernelSplit::TicksOf(const Shares& shares) {
  double ticks = 0;
  for (const auto& [key, share] : shares) ticks += share.system_ticks;
  return ticks;
}

void KernelSplit::MoveFromKernel(double amount, Profile& profile) const {
  const double scale = amount / static_cast<double>(seen_in_kernel_);
  for (const auto& [key, share] : kernel_shares_) {
    const auto part = static_cast<Nanos>(static_cast<double>(share.weight) * scale);
    profile.Move(key, share.in_user_mode, part);
  }
}

}  // namespace spyhop
