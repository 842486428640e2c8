// The floor under a stop and under our own CPU time: a process that only sleeps, and one that only
// stops a spinning thread, reads 1 KiB and lets it go. tests/bench/throughput.py runs it, so that
// what Spyhop takes stands beside it.
//
// "cpu_us": the sampler's CPU time a round; "cpu_share": of a core; "stop_us", "stop_p99_us": from
// the kick to the resume, as in the profile. Rates as in the name: at 100 Hz caches are cold.
#include <benchmark/benchmark.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "base/clock.h"

namespace spyhop {
namespace {

constexpr Nanos kPollEvery = 3 * kMicrosecond;

class SpinningProcess {
 public:
  SpinningProcess() : pid_(fork()) {
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (volatile unsigned turns = 0;;) turns = turns + 1;
  }
  SpinningProcess(const SpinningProcess&) = delete;
  SpinningProcess& operator=(const SpinningProcess&) = delete;
  ~SpinningProcess() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }

 private:
  const pid_t pid_;
};

// Returns how long the process was stopped.
Nanos StopAndRead(MonotonicClock& clock, pid_t pid) {
  ptrace(PTRACE_SEIZE, pid, nullptr, nullptr);
  const Nanos kicked = clock.Now();
  ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr);
  while (waitpid(pid, nullptr, __WALL | WNOHANG) == 0) {
    const Nanos next = clock.Now() + kPollEvery;
    while (clock.Now() < next) __builtin_ia32_pause();
  }
  user_regs_struct registers{};
  ptrace(PTRACE_GETREGS, pid, nullptr, &registers);
  char copy[1024];
  const iovec local{copy, sizeof(copy)};
  const iovec remote{reinterpret_cast<void*>(registers.rsp), sizeof(copy)};
  benchmark::DoNotOptimize(process_vm_readv(pid, &local, 1, &remote, 1, 0));
  const Nanos stopped = clock.Now() - kicked;
  ptrace(PTRACE_DETACH, pid, nullptr, nullptr);
  return stopped;
}

// Calls `work` `state.range(0)` times a second.
template <typename Work>
void RunRounds(benchmark::State& state, const Work& work) {
  MonotonicClock clock;
  const Nanos period = kSecond / state.range(0);
  const Nanos cpu_before = ProcessCpuTime();
  const Nanos begin = clock.Now();
  Nanos next = begin;
  for (auto _ : state) {
    next += period;
    clock.SleepUntil(next);
    work(clock);
  }
  const auto cpu = static_cast<double>(ProcessCpuTime() - cpu_before);
  state.counters["cpu_us"] = cpu / 1e3 / static_cast<double>(state.iterations());
  state.counters["cpu_share"] = cpu / static_cast<double>(clock.Now() - begin);
}

void BM_SleepOnly(benchmark::State& state) {
  RunRounds(state, [](MonotonicClock&) {});
}

void BM_StopOnly(benchmark::State& state) {
  const SpinningProcess target;
  std::vector<Nanos> stops;
  RunRounds(state,
            [&](MonotonicClock& clock) { stops.push_back(StopAndRead(clock, target.pid())); });
  std::sort(stops.begin(), stops.end());
  state.counters["stop_us"] = static_cast<double>(stops[stops.size() / 2]) / 1e3;
  state.counters["stop_p99_us"] = static_cast<double>(stops[stops.size() * 99 / 100]) / 1e3;
}

BENCHMARK(BM_SleepOnly)->Arg(100)->Iterations(500)->UseRealTime();
BENCHMARK(BM_StopOnly)->Arg(100)->Iterations(500)->UseRealTime();
BENCHMARK(BM_StopOnly)->Arg(1000)->Iterations(3000)->UseRealTime();

}  // namespace
}  // namespace spyhop
