#include "sampler/target/thread_probe.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace spyhop {
namespace {

// The next number of `text`, which is cut behind it. Hexadecimal when it begins with 0x.
template <typename T>
bool TakeNumber(std::string_view& text, T& value) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  int base = 10;
  if (text.substr(0, 2) == "0x") {
    text.remove_prefix(2);
    base = 16;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

// The text of /proc/PID/stat from a field on (proc(5) counts from 1); the name, field 2, may hold
// anything. Empty when there are not so many.
std::string_view FromField(std::string_view stat, int field) {
  const size_t close = stat.rfind(')');
  if (close == stat.npos) return {};
  stat.remove_prefix(close + 1);
  for (int at = 2; at < field; ++at) {
    stat.remove_prefix(std::min(stat.find(' ') + 1, stat.size()));
    if (at + 1 < field && stat.find(' ') == stat.npos) return {};
  }
  return stat;
}

}  // namespace

std::optional<SchedStat> ParseSchedStat(std::string_view text) {
  SchedStat stat;
  if (!TakeNumber(text, stat.on_cpu) || !TakeNumber(text, stat.run_queue) ||
      !TakeNumber(text, stat.slices)) {
    return std::nullopt;
  }
  return stat;
}

std::optional<SyscallState> ParseSyscall(std::string_view text) {
  SyscallState state;
  if (text.substr(0, 7) == "running") return state;
  state.running = false;
  if (!TakeNumber(text, state.number)) return std::nullopt;
  if (state.number >= 0) {
    for (uint64_t& argument : state.arguments) {
      if (!TakeNumber(text, argument)) return std::nullopt;
    }
  }
  uint64_t stack_pointer = 0;
  uint64_t pc = 0;
  if (!TakeNumber(text, stack_pointer) || !TakeNumber(text, pc)) return std::nullopt;
  state.stack_pointer = RemoteAddress(stack_pointer);
  state.pc = RemoteAddress(pc);
  return state;
}

std::optional<int> ParseCpu(std::string_view stat) {
  int cpu = 0;
  std::string_view rest = FromField(stat, 39);
  return TakeNumber(rest, cpu) ? std::optional<int>(cpu) : std::nullopt;
}

std::optional<CpuTicks> ParseTicks(std::string_view stat) {
  CpuTicks ticks;
  std::string_view faults = FromField(stat, 10);
  std::string_view times = FromField(stat, 14);
  if (!TakeNumber(faults, ticks.minor_faults)) return std::nullopt;
  if (!TakeNumber(times, ticks.user) || !TakeNumber(times, ticks.system)) return std::nullopt;
  return ticks;
}

std::string_view ThreadProbe::ReadAgain(ScopedFd& fd, const char* name, char* buffer,
                                        size_t size) noexcept {
  if (!fd.valid()) {
    char path[64];
    std::snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", pid_, tid_, name);
    fd = ScopedFd(open(path, O_RDONLY | O_CLOEXEC));
  }
  const ssize_t got = fd.valid() ? pread(fd.get(), buffer, size, 0) : 0;
  return {buffer, got > 0 ? static_cast<size_t>(got) : 0};
}

std::optional<SchedStat> ThreadProbe::ReadSchedStat() noexcept {
  if (at_rest_) return SchedStat();
  char buffer[96];
  return ParseSchedStat(ReadAgain(schedstat_, "schedstat", buffer, sizeof(buffer)));
}

std::optional<int> ThreadProbe::ReadCpu() noexcept {
  char buffer[1024];
  return ParseCpu(ReadAgain(stat_, "stat", buffer, sizeof(buffer)));
}

std::optional<CpuTicks> ThreadProbe::ReadTicks() noexcept {
  char buffer[1024];
  return ParseTicks(ReadAgain(stat_, "stat", buffer, sizeof(buffer)));
}

std::optional<SyscallState> ThreadProbe::ReadSyscall() noexcept {
  if (at_rest_) return at_rest_;
  char buffer[256];
  return ParseSyscall(ReadAgain(syscall_, "syscall", buffer, sizeof(buffer)));
}

}  // namespace spyhop
