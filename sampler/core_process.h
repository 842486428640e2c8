// A process that has left a core file, as TargetFiles tells of one that runs: so that all which
// reads a live process's stacks reads those of a core, too.
//
// All threads are at rest. Opening takes some ms: the notes, and the files that were mapped.
#ifndef SPYHOP_SAMPLER_CORE_PROCESS_H_
#define SPYHOP_SAMPLER_CORE_PROCESS_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sampler/core_objects.h"
#include "sampler/profile/snapshot.h"
#include "sampler/target/target_files.h"

namespace spyhop {

class CoreProcess : public TargetFiles {
 public:
  // `memory` will be the process's. `warnings` as TakeCoreSnapshot.
  static absl::StatusOr<std::unique_ptr<CoreProcess>> Open(const CoreInput& input,
                                                           std::unique_ptr<RemoteMemory>& memory,
                                                           std::vector<std::string>& warnings);

  CoreInfo End() const;
  absl::Time written() const { return written_; }

  int pid() const override { return core_.pid(); }
  int live_pid() const override { return 0; }
  std::string Name() const override;
  absl::StatusOr<ProcessStat> Stat() const override;
  absl::StatusOr<ProcessStatus> Status() const override { return ThreadStatus(pid()); }
  absl::StatusOr<ProcessStatus> ThreadStatus(int tid) const override;
  std::string ThreadName(int tid) const override;
  absl::StatusOr<std::vector<int>> ThreadIds() const override;
  ThreadProbe Probe(int tid) const override;
  int ThreadOfPthread(uint64_t pthread) const override;
  std::vector<std::string> CommandLine() const override { return command_; }
  std::string Executable() const override { return program_; }
  absl::StatusOr<std::string> MapsText() const override { return maps_; }
  absl::StatusOr<ScopedFd> OpenMapped(AddressRange mapping, const std::string& path,
                                      uint64_t device, uint64_t inode) const override;
  absl::StatusOr<ScopedFd> OpenExecutable() const override;
  absl::StatusOr<ScopedFd> OpenInRoot(const std::string& path) const override;

 private:
  CoreProcess(CoreFile core, const CoreInput& input) : core_(std::move(core)), input_(input) {}

  absl::Status Prepare(std::unique_ptr<RemoteMemory>& memory, std::vector<std::string>& warnings);

  const CoreFile core_;
  const CoreInput input_;
  absl::Time written_;
  std::string program_;
  std::vector<std::string> command_;
  std::string maps_;
  std::optional<CoreObjects> objects_;
  absl::flat_hash_map<int, SyscallState> threads_;  // by tid
  absl::flat_hash_map<uint64_t, int> pthreads_;     // tids
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_CORE_PROCESS_H_
