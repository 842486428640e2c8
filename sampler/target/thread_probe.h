// What the scheduler says of one thread, one pread each (0.36 us schedstat, 0.70 us syscall), with
// the files kept open. For every round; nothing here disturbs the thread.
//
// schedstat's run time is brought up to date at scheduler ticks and switches only (every 4 ms at
// HZ=250), so "run time unchanged" does not mean "did not run". `slices` counts how often the
// thread was put on a CPU: a thread that is blocked and whose slices have not moved has not run.
#ifndef SPYHOP_SAMPLER_TARGET_THREAD_PROBE_H_
#define SPYHOP_SAMPLER_TARGET_THREAD_PROBE_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/address.h"
#include "base/clock.h"
#include "base/scoped_fd.h"

namespace spyhop {

// /proc/PID/task/TID/schedstat (Documentation/scheduler/sched-stats.rst).
struct SchedStat {
  Nanos on_cpu = 0;
  Nanos run_queue = 0;  // runnable, waiting for a CPU
  uint64_t slices = 0;
  friend bool operator==(const SchedStat&, const SchedStat&) = default;
};

// /proc/PID/task/TID/syscall (proc(5)).
struct SyscallState {
  bool running = true;  // on a CPU or runnable: nothing else is known
  int number = -1;      // -1: blocked, but not in a system call
  std::array<uint64_t, 6> arguments{};
  RemoteAddress stack_pointer;
  RemoteAddress pc;
  // Of a thread in a core file only.
  std::optional<uint64_t> rbp;
  bool was_running = false;  // on a CPU when it came to rest; `number` then is the call it was in
};

// From /proc/PID/task/TID/stat (proc(5)), in clock ticks (sysconf(_SC_CLK_TCK), 10 ms).
struct CpuTicks {
  uint64_t user = 0;
  uint64_t system = 0;
  uint64_t minor_faults = 0;  // a count
};

// The CPU that the thread is or was last on: field 39 of /proc/PID/task/TID/stat (proc(5)).
std::optional<int> ParseCpu(std::string_view stat);
std::optional<CpuTicks> ParseTicks(std::string_view stat);
std::optional<SchedStat> ParseSchedStat(std::string_view text);
std::optional<SyscallState> ParseSyscall(std::string_view text);

class ThreadProbe {
 public:
  ThreadProbe(int pid, int tid) : pid_(pid), tid_(tid) {}
  // Of a thread in a core file: it never runs again.
  explicit ThreadProbe(const SyscallState& at_rest) : at_rest_(at_rest) {}

  // nullopt: the thread is gone (or, for Syscall, may not be looked at).
  std::optional<SchedStat> ReadSchedStat() noexcept;
  std::optional<SyscallState> ReadSyscall() noexcept;
  std::optional<int> ReadCpu() noexcept;         // 1.1 us
  std::optional<CpuTicks> ReadTicks() noexcept;  // 1.1 us

 private:
  // Reads the file again from its start; opens it the first time.
  std::string_view ReadAgain(ScopedFd& fd, const char* name, char* buffer, size_t size) noexcept;

  int pid_ = 0;
  int tid_ = 0;
  std::optional<SyscallState> at_rest_;
  ScopedFd schedstat_;
  ScopedFd syscall_;
  ScopedFd stat_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_THREAD_PROBE_H_
