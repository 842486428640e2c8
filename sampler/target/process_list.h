// The processes that /proc lists, read again and again: which there are, and whether any has come.
//
// A listing of 600 takes 80 us; asking whether there can be a new one 0.3 us. Keeps two
// descriptors. Not thread-safe.
#ifndef SPYHOP_SAMPLER_TARGET_PROCESS_LIST_H_
#define SPYHOP_SAMPLER_TARGET_PROCESS_LIST_H_

#include <dirent.h>

#include <cstdint>
#include <memory>
#include <string>
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
  // Whether a process may have been made since the last Read. Wrong only for those that were given
  // a pid of choice (clone3(2), set_tid): CRIU's.
  bool MayHaveNew();

 private:
  struct Close {
    void operator()(DIR* folder) const { closedir(folder); }
  };

  std::string LastPid() const;

  std::unique_ptr<DIR, Close> folder_;
  ScopedFd load_;
  std::string last_pid_;  // as of the last Read; empty: not told
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_PROCESS_LIST_H_
