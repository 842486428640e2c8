#include "sampler/target/process_list.h"

#include <fcntl.h>
#include <unistd.h>

#include <string_view>

#include "absl/strings/numbers.h"

namespace spyhop {
namespace {

// A mount of /proc shows the pids of the namespace that it was made in, /proc/loadavg those of the
// one that reads it (fs/proc/loadavg.c, 6.1).
bool ShowsOurNamespace() {
  char pid[16];
  const ssize_t length = readlink("/proc/self", pid, sizeof(pid));
  return length > 0 &&
         std::string_view(pid, static_cast<size_t>(length)) == std::to_string(getpid());
}

}  // namespace

ProcessList::ProcessList()
    : folder_(opendir("/proc")),
      load_(ShowsOurNamespace() ? open("/proc/loadavg", O_RDONLY | O_CLOEXEC) : -1) {}

// proc(5): the last field of /proc/loadavg is the pid that was given last.
std::string ProcessList::LastPid() const {
  char text[128];
  const ssize_t size = load_.valid() ? pread(load_.get(), text, sizeof(text), 0) : -1;
  if (size <= 0) return "";
  const std::string_view line(text, static_cast<size_t>(size));
  return std::string(line.substr(line.rfind(' ') + 1));
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

bool ProcessList::MayHaveNew() { return last_pid_.empty() || LastPid() != last_pid_; }

}  // namespace spyhop
