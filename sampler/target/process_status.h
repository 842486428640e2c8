// Who a process is and what it may do: /proc/PID/status (proc(5)). Text in, struct out; pure, so
// any thread may call it.
#ifndef SPYHOP_SAMPLER_TARGET_PROCESS_STATUS_H_
#define SPYHOP_SAMPLER_TARGET_PROCESS_STATUS_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace spyhop {

// Of a user or a group (credentials(7)).
struct Ids {
  uint32_t real = 0;
  uint32_t effective = 0;
  uint32_t saved = 0;

  bool AllEqual(uint32_t id) const { return real == id && effective == id && saved == id; }
  friend bool operator==(const Ids&, const Ids&) = default;
};

// Masks with a bit for each capability (capabilities(7)).
struct CapabilitySets {
  uint64_t permitted = 0;
  uint64_t effective = 0;
  uint64_t bounding = ~uint64_t{0};
};

// By <linux/capability.h>. CAP_SYS_PTRACE: may read and stop any process.
inline bool HasSysPtrace(uint64_t mask) { return (mask >> 19 & 1) != 0; }
// CAP_DAC_OVERRIDE or CAP_DAC_READ_SEARCH: may open what belongs to others, such as the files of
// /proc/PID that have mode 0400.
inline bool ReadsAllFiles(uint64_t mask) { return (mask & 0b110) != 0; }

struct ProcessStatus {
  int process = 0;  // Tgid: differs from the id asked for when that is a thread's; 0: not told
  Ids user;
  Ids group;
  CapabilitySets capabilities;
  int tracer_pid = 0;
  bool no_new_privileges = false;  // prctl(2), PR_SET_NO_NEW_PRIVS
  int seccomp_mode = 0;            // 0 none, 1 strict, 2 filter
  // The ids of the process (or thread) from Spyhop's namespace inwards; the last one is what the
  // target itself sees. Never empty.
  std::vector<int> namespace_ids;
};

std::optional<ProcessStatus> ParseStatus(std::string_view text);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_PROCESS_STATUS_H_
