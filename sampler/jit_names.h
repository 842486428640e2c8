// Names of functions of the target that are in no file: what it has written to its perf map
// (/tmp/perf-PID.map in its root, PID as it sees itself).
//
// The file grows as the target makes functions. What was added since is read when an address is
// not known: at most 1 MiB at once (5 ms), then not for 0.1 s while there is more, else 1 s; 64 MiB
// and 500,000 functions in all. Read only if the target's user owns it, or root: the folder is
// everybody's. Not thread-safe.
#ifndef SPYHOP_SAMPLER_JIT_NAMES_H_
#define SPYHOP_SAMPLER_JIT_NAMES_H_

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/scoped_fd.h"
#include "sampler/target/target_files.h"
#include "symbolizer/perf_map.h"

namespace spyhop {

class JitNames {
 public:
  // `files` must outlive this.
  explicit JitNames(const TargetFiles& files) : files_(files) {}

  // Null when the target has not told. Valid until the next call.
  const PerfMap::Function* At(RemoteAddress address, Nanos now);

 private:
  bool Open();
  // One piece. False when there was no more.
  bool ReadOn();

  const TargetFiles& files_;
  PerfMap map_;
  ScopedFd fd_;
  uint64_t read_ = 0;     // bytes of the file
  std::string cut_line_;  // what was read behind the last line's end
  Nanos next_read_ = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_JIT_NAMES_H_
