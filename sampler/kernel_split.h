// Divides a thread's CPU time between user mode and the kernel where its samples cannot tell: a
// thread without the GIL is not stopped, and a page fault does not show in a stopped thread's
// registers.
//
// The kernel counts each thread's user and system time, in ticks; what it counts as system time
// beyond the samples that were seen in a system call is taken from the samples that were not,
// in proportion to the ticks that fell to them: first of those without the GIL, which is what
// threads enter the kernel without; what is more than chance then, of those that held the GIL, and
// of a stopped thread only where it had page faults meanwhile. The other way round, a thread that
// makes cheap system calls without end stops at the end of the next one, wherever the kick met it:
// what was seen in the kernel beyond the ticks goes back. What chance may have done is left alone.
// Among the places of one thread that take turns within a tick (10 ms) the time is spread.
#ifndef SPYHOP_SAMPLER_KERNEL_SPLIT_H_
#define SPYHOP_SAMPLER_KERNEL_SPLIT_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "sampler/profile/profile.h"
#include "sampler/target/thread_probe.h"

namespace spyhop {

class KernelSplit {
 public:
  // What is known of a sample's mode.
  enum class Known : uint8_t { kNothing, kHeldGil, kRegisters };

  void Open(CpuTicks ticks);
  // A sample on a CPU was added to the profile, with `ticks` as they are now, if they were read.
  // `in_user_mode`: what one in the kernel is otherwise.
  void Note(const Sample& sample, const std::optional<CpuTicks>& ticks, Known known,
            TimeClass in_user_mode = TimeClass::kNative);
  // Moves what is to be moved between native or python and kernel, of all that was noted so far.
  void Settle(Profile& profile);

 private:
  struct Share {
    Nanos weight = 0;
    Nanos faults = 0;  // what its page faults may have taken
    double system_ticks = 0;
  };
  using Shares = absl::flat_hash_map<Profile::Key, Share>;
  struct Noted {
    Profile::Key key;
    Known known;
    Nanos weight;
    bool in_kernel;
  };

  void ShareOut(const CpuTicks& ticks);
  Shares& SharesOf(Known known);

  // Is the difference more than the chance of ticks and samples, so many standard deviations?
  bool IsCertain(double difference, double deviations) const;
  void MoveToKernel(double amount, Profile& profile);
  void MoveFromKernel(double amount, Profile& profile) const;
  // By their ticks. Returns how much has been moved.
  static double Spread(Shares& shares, double amount, Profile& profile);
  static double Take(const Profile::Key& key, Share& share, double amount, Profile& profile);
  static double TicksOf(const Shares& shares);

  CpuTicks first_;
  CpuTicks last_;
  Nanos seen_in_kernel_ = 0;
  Nanos seen_ = 0;
  int samples_ = 0;
  struct KernelShare {
    Nanos weight = 0;
    TimeClass in_user_mode = TimeClass::kNative;
  };
  absl::flat_hash_map<Profile::Key, KernelShare> kernel_shares_;
  std::vector<Noted> since_ticks_;
  Shares without_gil_;
  Shares with_gil_;
  Shares stopped_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_KERNEL_SPLIT_H_
