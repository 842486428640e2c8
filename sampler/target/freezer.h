// Is a process frozen by its control group (`docker pause`, cgroup.freeze)? Such a one runs
// nothing, and answers no signal, until it is thawed.
//
// Looks below /sys/fs/cgroup, as systemd mounts it; where the groups are mounted elsewhere, or lie
// outside of Spyhop's cgroup namespace, nothing is told. A few small files for each folder of the
// path. Any thread may call it.
#ifndef SPYHOP_SAMPLER_TARGET_FREEZER_H_
#define SPYHOP_SAMPLER_TARGET_FREEZER_H_

#include <optional>
#include <string>
#include <string_view>

namespace spyhop {

// Of the group that is frozen: what to write where.
struct FrozenGroup {
  std::string control_file;  // "/sys/fs/cgroup/shop/cgroup.freeze"
  std::string thaw_word;     // "0", "THAWED"
};

// `cgroups`: of /proc/PID/cgroup.
std::optional<FrozenGroup> FindFrozenGroup(std::string_view cgroups,
                                           const std::string& root = "/sys/fs/cgroup");

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_FREEZER_H_
