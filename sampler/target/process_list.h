// The processes that /proc lists, read again and again: which there are, and which have come.
//
// A listing of 600 takes 80 us, 400 where other programs use the CPU's caches meanwhile; asking for
// new ones 0.3 us if there are none, some 10 us for each if there are few. Keeps two descriptors.
// Not thread-safe.
#ifndef SPYHOP_SAMPLER_TARGET_PROCESS_LIST_H_
#define SPYHOP_SAMPLER_TARGET_PROCESS_LIST_H_

#include <dirent.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/scoped_fd.h"

namespace spyhop {

class ProcessList {
 public:
  struct Entry {
    int pid = 0;
    // The inode of its folder. As long as it is the same, so is the process; another one proves
    // nothing, for the kernel may forget and make it anew.
    uint64_t inode = 0;
  };

  ProcessList();

  // Kernel threads, too. Empty when /proc cannot be read.
  std::vector<Entry> Read();
  // Those made since the last call of this or of Read. Nothing: they may be many; Read. Not told
  // are those that were given a pid of choice (clone3(2), set_tid), as CRIU's are, and one that is
  // in the middle of its fork.
  std::optional<std::vector<Entry>> ReadNew();

 private:
  struct Close {
    void operator()(DIR* folder) const { closedir(folder); }
  };

  int LastPid() const;

  std::unique_ptr<DIR, Close> folder_;
  ScopedFd load_;
  int last_pid_ = 0;  // given, as of the last call; 0: not told
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_PROCESS_LIST_H_
