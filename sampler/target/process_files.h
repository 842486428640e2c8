// What /proc tells of one process: text in, structs out, and files opened as the *target* sees
// them. The only place that knows /proc's paths.
//
// Nothing here stops or disturbs the target. Functions open, read and close (2 to 70 us each), so
// they are for set-up and slow look-ups; the per-round reads are in thread_probe.h. Not
// thread-safe.
#ifndef SPYHOP_SAMPLER_TARGET_PROCESS_FILES_H_
#define SPYHOP_SAMPLER_TARGET_PROCESS_FILES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/address.h"
#include "base/scoped_fd.h"
#include "sampler/target/target_files.h"

namespace spyhop {

std::optional<ProcessStat> ParseStat(std::string_view text);

class ProcessFiles : public TargetFiles {
 public:
  explicit ProcessFiles(int pid);

  int pid() const override { return pid_; }
  int live_pid() const override { return pid_; }
  std::string Name() const override;

  // kNotFound when the process is gone; kPermissionDenied.
  absl::StatusOr<ProcessStat> Stat() const override;
  absl::StatusOr<ProcessStatus> Status() const override;
  absl::StatusOr<ProcessStatus> ThreadStatus(int tid) const override;
  std::string ThreadName(int tid) const override;  // comm; empty when gone
  absl::StatusOr<std::vector<int>> ThreadIds() const override;
  absl::StatusOr<std::string> MapsText() const override;
  absl::StatusOr<std::string> CgroupText() const;  // its control groups (cgroups(7))
  ThreadProbe Probe(int tid) const override { return {pid_, tid}; }
  int ThreadOfPthread(uint64_t) const override { return 0; }
  std::vector<std::string> CommandLine() const override;
  std::vector<std::string> CommandLine(size_t limit) const;  // the first bytes of it
  // The environment that it was started with, "NAME=value" and a NUL each, up to `limit` bytes.
  absl::StatusOr<std::string> EnvironmentText(size_t limit) const;
  std::string Executable() const override;  // target of the exe link, " (deleted)" kept
  // The working folder as the target names it, inside its root; empty when it cannot be named.
  std::string WorkingFolder() const;
  // "/" or the folder it is confined to (chroot), as Spyhop sees it; empty when not permitted.
  std::string Root() const;
  // Whether it and Spyhop are in one namespace of that kind ("mnt", "pid"); nothing: not permitted.
  std::optional<bool> SharesNamespace(std::string_view kind) const;
  // Whether others of its user may look at it: not after a setuid program's start, nor when it has
  // asked for that (prctl(2), PR_SET_DUMPABLE). Nothing: cannot be told, as of root's.
  std::optional<bool> Dumpable() const;
  // Whether it is told what its threads wait for (/proc/PID/syscall): to its user, or with
  // CAP_DAC_READ_SEARCH. kPermissionDenied without a remedy; OK where the kernel tells nobody.
  absl::Status CheckThreadsReadable() const;
  // Under which profile of AppArmor or context of SELinux it runs; empty without such.
  std::string SecurityProfile() const;

  // The file behind a mapping, as mapped, even when it has been deleted or replaced or lies in
  // another mount namespace: map_files first, then the path below its root and, for one that is
  // confined below ours (chroot), the path as Spyhop sees it, when the inode agrees.
  absl::StatusOr<ScopedFd> OpenMapped(AddressRange mapping, const std::string& path,
                                      uint64_t device, uint64_t inode) const override;
  absl::StatusOr<ScopedFd> OpenExecutable() const override;
  // "/" of the target, to be looked at only (O_PATH).
  absl::StatusOr<ScopedFd> RootFolder() const;
  // A regular file by its path inside the target's root.
  absl::StatusOr<ScopedFd> OpenInRoot(const std::string& path) const override;
  // The same by a name relative to the target's working folder as it is now; links and `..` do not
  // lead out of its root. For live targets: six system calls, more for odd names.
  absl::StatusOr<ScopedFd> OpenInCwd(const std::string& path) const;

  // Every process on this machine that has a user-space address space.
  static std::vector<int> AllPids();
  // The error (kNotFound, with the remedy) for a pid that names nothing.
  static absl::Status NoSuchProcess(int pid);

 private:
  std::string Path(std::string_view rest) const;
  int pid_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_PROCESS_FILES_H_
