// In what container a process runs, as the names of its control groups tell. Pure: text in, struct
// out. A hint, no proof: runtimes name groups as they like, and a cgroup namespace hides the names
// from whoever is in it (cgroup_namespaces(7)).
#ifndef SPYHOP_SAMPLER_TARGET_CONTAINER_H_
#define SPYHOP_SAMPLER_TARGET_CONTAINER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace spyhop {

enum class ContainerRuntime : uint8_t {
  kNone,
  kDocker,
  kPodman,
  kKubernetes,  // whatever runtime it uses
  kContainerd,  // without Kubernetes: nerdctl, ctr
  kLxc,
  kNspawn,
  kOther,
};

struct Container {
  ContainerRuntime runtime = ContainerRuntime::kNone;
  // Letters, digits and "._-" only; empty when it is not told. Safe in a command to copy.
  std::string id;

  bool any() const { return runtime != ContainerRuntime::kNone; }
  // For messages: the id cut to the 12 digits that docker shows.
  std::string short_id() const;
};

// "Docker", "Kubernetes", ...
std::string_view Name(ContainerRuntime runtime);

// Of /proc/PID/cgroup (cgroups(7)).
Container ParseContainer(std::string_view cgroups);
// The systemd unit, "shop.service", that the process belongs to; empty when none is told.
std::string ParseUnit(std::string_view cgroups);
// The uid of the Kubernetes pod, "0b5e62c1-aa9e-4bc4-8e76-0f32d4a7b2bd"; empty when none is told.
std::string ParsePodUid(std::string_view cgroups);
// Of the environment variable `container` (systemd's container interface), e.g. "lxc".
Container ContainerNamed(std::string_view name);

// One line of it: which hierarchy, and the path in it.
struct CgroupPath {
  std::string controllers;  // "freezer"; empty for version 2
  std::string path;         // "/system.slice/shop.service"
};
std::vector<CgroupPath> ParseCgroups(std::string_view cgroups);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_CONTAINER_H_
