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
  const size_t close = stat.rfind(')');
  if (close == stat.npos || close + 4 > stat.size()) return std::nullopt;
  stat.remove_prefix(close + 4);  // ") S ": the name and field 3
  for (int field = 4; field < 39; ++field) {
    stat.remove_prefix(std::min(stat.find(' '), stat.size()));
    if (stat.empty()) return std::nullopt;
    stat.remove_prefix(1);
  }
  int cpu = 0;
  return TakeNumber(stat, cpu) ? std::optional<int>(cpu) : std::nullopt;
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
  char buffer[96];
  return ParseSchedStat(ReadAgain(schedstat_, "schedstat", buffer, sizeof(buffer)));
}

std::optional<int> ThreadProbe::ReadCpu() noexcept {
  char buffer[1024];
  return ParseCpu(ReadAgain(stat_, "stat", buffer, sizeof(buffer)));
}

std::optional<SyscallState> ThreadProbe::ReadSyscall() noexcept {
  char buffer[256];
  return ParseSyscall(ReadAgain(syscall_, "syscall", buffer, sizeof(buffer)));
}

}  // namespace spyhop
