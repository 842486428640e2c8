// What is known of the target beside its memory: its names, threads and mappings, and the files it
// has mapped. Of a process that runs it is /proc's word (ProcessFiles), of one that has left a core
// file that file's (CoreProcess).
//
// For set-up and slow look-ups, never while the target is stopped. Not thread-safe.
#ifndef SPYHOP_SAMPLER_TARGET_TARGET_FILES_H_
#define SPYHOP_SAMPLER_TARGET_TARGET_FILES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/address.h"
#include "base/scoped_fd.h"
#include "sampler/target/process_status.h"
#include "sampler/target/thread_probe.h"

namespace spyhop {

// Fields of /proc/PID/stat that Spyhop uses (proc(5)).
struct ProcessStat {
  std::string comm;
  char state = '?';  // R S D T t Z X I
  int parent = 0;
  uint64_t start_time = 0;  // clock ticks since boot; tells a reused pid
  uint64_t flags = 0;       // PF_KTHREAD = 0x00200000
};

class TargetFiles {
 public:
  virtual ~TargetFiles() = default;

  virtual int pid() const = 0;
  // The same as long as the kernel can be asked about it; 0: it runs no more.
  virtual int live_pid() const = 0;
  // In messages: "process 12 (python3)".
  virtual std::string Name() const = 0;

  // kNotFound when the process is gone; kPermissionDenied.
  virtual absl::StatusOr<ProcessStat> Stat() const = 0;
  virtual absl::StatusOr<ProcessStatus> Status() const = 0;
  virtual absl::StatusOr<ProcessStatus> ThreadStatus(int tid) const = 0;
  virtual std::string ThreadName(int tid) const = 0;  // the kernel's; empty when not known
  virtual absl::StatusOr<std::vector<int>> ThreadIds() const = 0;
  virtual ThreadProbe Probe(int tid) const = 0;
  // The thread whose pthread_self() that is; 0: not known.
  virtual int ThreadOfPthread(uint64_t pthread) const = 0;
  virtual std::vector<std::string> CommandLine() const = 0;
  virtual std::string Executable() const = 0;  // " (deleted)" kept

  // As /proc/PID/maps.
  virtual absl::StatusOr<std::string> MapsText() const = 0;
  // The file behind a mapping, as mapped.
  virtual absl::StatusOr<ScopedFd> OpenMapped(AddressRange mapping, const std::string& path,
                                              uint64_t device, uint64_t inode) const = 0;
  virtual absl::StatusOr<ScopedFd> OpenExecutable() const = 0;
  // A regular file by its path inside the target's root.
  virtual absl::StatusOr<ScopedFd> OpenInRoot(const std::string& path) const = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_TARGET_FILES_H_
