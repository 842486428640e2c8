#include "sampler/target/process_list.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "base/absl_view.h"
#include "sampler/target/process_files.h"

namespace spyhop {
namespace {

// More new ones are listed with all others.
constexpr int kMostProbed = 20;

// A mount of /proc shows the pids of the namespace that it was made in, /proc/loadavg those of the
// one that reads it (fs/proc/loadavg.c, 6.1).
bool ShowsOurNamespace() {
  char pid[16];
  const ssize_t length = readlink("/proc/self", pid, sizeof(pid));
  return length > 0 &&
         std::string_view(pid, static_cast<size_t>(length)) == std::to_string(getpid());
}

// A thread has a folder of its own, too, which is not listed (proc(5)).
bool IsProcess(int pid) {
  const absl::StatusOr<ProcessStatus> status = ProcessFiles(pid).Status();
  return status.ok() && status->process == pid;
}

}  // namespace

ProcessList::ProcessList()
    : folder_(opendir("/proc")),
      load_(ShowsOurNamespace() ? open("/proc/loadavg", O_RDONLY | O_CLOEXEC) : -1) {}

// proc(5): the last field of /proc/loadavg is the pid that was given last.
int ProcessList::LastPid() const {
  char text[128];
  const ssize_t size = load_.valid() ? pread(load_.get(), text, sizeof(text), 0) : -1;
  if (size <= 0) return 0;
  const std::string_view line(text, static_cast<size_t>(size));
  int pid = 0;
  return absl::SimpleAtoi(AbslView(line.substr(line.rfind(' ') + 1)), &pid) ? pid : 0;
}

std::vector<ProcessList::Entry> ProcessList::Read() {
  std::vector<Entry> entries;
  if (!folder_) return entries;
  last_pid_ = LastPid();  // first, so that what is made meanwhile is found the next time
  rewinddir(folder_.get());
  while (const dirent* entry = readdir(folder_.get())) {
    int pid = 0;
    if (absl::SimpleAtoi(entry->d_name, &pid)) entries.push_back({pid, entry->d_ino});
  }
  return entries;
}

// Pids are given in order (kernel/pid.c, alloc_pid).
std::optional<std::vector<ProcessList::Entry>> ProcessList::ReadNew() {
  const int last_pid = LastPid();
  const bool in_order = last_pid_ > 0 && last_pid >= last_pid_;
  if (!folder_ || !in_order || last_pid - last_pid_ > kMostProbed) return std::nullopt;
  std::vector<Entry> entries;
  for (int pid = last_pid_ + 1; pid <= last_pid; ++pid) {
    struct stat info;
    const bool there = fstatat(dirfd(folder_.get()), std::to_string(pid).c_str(), &info, 0) == 0;
    if (there && IsProcess(pid)) entries.push_back({pid, info.st_ino});
  }
  last_pid_ = last_pid;
  return entries;
}

}  // namespace spyhop
