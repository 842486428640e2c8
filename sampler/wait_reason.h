// Why a blocked thread does not run: the system call and what it waits on ("recv socket
// 10.0.0.5:5432", "sleep", "threading.Event", "child 1234"), and whether that is a wait or
// idleness.
//
// Puts together what the call's arguments tell (descriptors, poll sets, addresses: read from the
// target's memory, bounded) and what the Python frames tell (wait_rules.h). For a thread that has
// just been found blocked: the answer holds until it runs again. 3 to 10 us, 40 for a lock that no
// frame names; looking up sockets as in socket_tables.h. Makes at most 2,000 different texts of
// descriptors and children; then "recv socket" and "child" must do. Texts hold the target's names,
// unescaped. Not thread-safe; never while the target is stopped.
#ifndef SPYHOP_SAMPLER_WAIT_REASON_H_
#define SPYHOP_SAMPLER_WAIT_REASON_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/types/span.h"
#include "base/clock.h"
#include "base/remote_memory.h"
#include "sampler/profile/time_class.h"
#include "sampler/target/blocking_calls.h"
#include "sampler/target/descriptors.h"
#include "sampler/wait_rules.h"

namespace spyhop {

struct WaitVerdict {
  TimeClass time_class = TimeClass::kWait;  // or kIdle
  std::string reason;
};

class WaitReasons {
 public:
  // `memory` must outlive this.
  WaitReasons(int pid, RemoteMemory& memory) : memory_(memory), descriptors_(pid) {}

  // `call` is what the thread is blocked in; `frames` leaf first, empty when it runs no Python.
  WaitVerdict Tell(const SyscallState& call, absl::Span<const WaitFrame> frames, bool main_thread,
                   Nanos now);

 private:
  struct Parts {
    std::string verb;
    std::string object;
    CallKind kind = CallKind::kOther;
    std::string_view lock;
  };

  Parts PartsOf(const SyscallState& call, const Waiter& waiter, Nanos now);
  void AddObject(const SyscallState& call, CallObject object, Nanos now, Parts& parts);
  void AddLock(const SyscallState& call, std::string_view name, Parts& parts);
  // `size` is that of the target's set, of which `set` may be a part.
  void AddSet(const std::vector<int>& set, uint64_t size, Nanos now, Parts& parts);
  std::vector<int> PollSet(const SyscallState& call);
  std::vector<int> SelectSet(const SyscallState& call);
  std::string ConnectAddress(const SyscallState& call, Nanos now);
  std::string PathOf(int folder, uint64_t address);
  std::string Join(Parts parts);

  RemoteMemory& memory_;
  DescriptorNames descriptors_;
  absl::flat_hash_set<std::string> objects_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_WAIT_REASON_H_
