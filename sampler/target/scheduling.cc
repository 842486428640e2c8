#include "sampler/target/scheduling.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "base/absl_view.h"
#include "base/scoped_fd.h"

namespace spyhop {
namespace {

constexpr int kFirst = -20;

// struct sched_attr (sched_setattr(2)); glibc 2.36 has neither it nor the call.
struct SchedAttributes {
  uint32_t size = sizeof(SchedAttributes);
  uint32_t policy = SCHED_OTHER;
  uint64_t flags = 0;
  int32_t nice = 0;
  uint32_t priority = 0;
  uint64_t runtime = 0;  // ns; for SCHED_OTHER the slice, since Linux 6.12
  uint64_t deadline = 0;
  uint64_t period = 0;
};

constexpr uint64_t kResetOnFork = 1;  // SCHED_FLAG_RESET_ON_FORK

bool SetAttributes(SchedAttributes attributes) {
  return syscall(SYS_sched_setattr, 0, &attributes, 0) == 0;
}

}  // namespace

void RequestPromptness(bool first) noexcept {
  SchedAttributes attributes;
  attributes.runtime = 100'000;
  attributes.nice = kFirst;
  if (first && SetAttributes(attributes)) return;
  attributes.nice = getpriority(PRIO_PROCESS, 0);
  SetAttributes(attributes);
}

bool GoBeforeOthers() noexcept {
  return SetAttributes({.policy = SCHED_FIFO, .flags = kResetOnFork, .priority = 1});
}

ScopedUrgency::ScopedUrgency() noexcept {
  if (!GoBeforeOthers()) RequestPromptness(false);
}

bool CpuSharing::MoveTo(int cpu) noexcept {
  if (moved_ && cpu == cpu_) return true;
  if (cpu < 0 || cpu >= CPU_SETSIZE) return false;
  if (!moved_ && sched_getaffinity(0, sizeof(original_), &original_) != 0) return false;
  if (!CPU_ISSET(cpu, &original_)) return false;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  if (sched_setaffinity(0, sizeof(one), &one) != 0) return false;
  moved_ = true;
  cpu_ = cpu;
  return true;
}

void CpuSharing::End() noexcept {
  if (moved_) sched_setaffinity(0, sizeof(original_), &original_);
  moved_ = false;
}

bool CpusAreShort() {
  std::ifstream file("/proc/loadavg");
  std::string line;
  std::getline(file, line);
  return ParseReadyThreads(line).value_or(0) > sysconf(_SC_NPROCESSORS_ONLN);
}

std::optional<int> ParseReadyThreads(std::string_view loadavg) {
  const std::vector<absl::string_view> fields = absl::StrSplit(AbslView(loadavg), ' ');
  if (fields.size() < 4) return std::nullopt;
  const std::pair<absl::string_view, absl::string_view> counts =
      absl::StrSplit(fields[3], absl::MaxSplits('/', 1));
  int ready = 0;
  return absl::SimpleAtoi(counts.first, &ready) ? std::optional(ready) : std::nullopt;
}

void RaiseOpenFileLimit() noexcept {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

unsigned long long PeakResidentBytes() noexcept {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<unsigned long long>(usage.ru_maxrss) * 1024;
}

unsigned long long ResidentBytes() noexcept {
  // /proc/PID/statm (proc(5)): pages in all, pages resident.
  const ScopedFd file(open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  char text[128];
  const ssize_t length = file.valid() ? read(file.get(), text, sizeof(text) - 1) : 0;
  if (length <= 0) return 0;
  text[length] = 0;
  unsigned long long resident = 0;
  if (sscanf(text, "%*u %llu", &resident) != 1) return 0;
  return resident * static_cast<unsigned long long>(sysconf(_SC_PAGESIZE));
}

}  // namespace spyhop
