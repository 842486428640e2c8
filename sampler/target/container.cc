#include "sampler/target/container.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/absl_view.h"

namespace spyhop {
namespace {

constexpr size_t kIdDigits = 64;       // of docker's, podman's and containerd's ids
constexpr size_t kShortIdDigits = 12;  // what `docker ps` shows
constexpr size_t kPodUidLength = 36;
constexpr size_t kPodHashLength = 32;
constexpr size_t kMostLines = 64;
constexpr size_t kLongestName = 128;

struct Prefix {
  std::string_view text;
  ContainerRuntime runtime;
};

// A control group is named `PREFIX-ID.scope` where systemd makes it, and `PREFIX/ID` where the
// runtime does ("native.cgroupdriver=cgroupfs"): docker, runc and crun's documentation.
constexpr Prefix kBeforeId[] = {
    {"docker-", ContainerRuntime::kDocker},         {"libpod-", ContainerRuntime::kPodman},
    {"cri-containerd-", ContainerRuntime::kOther},  {"crio-", ContainerRuntime::kOther},
    {"nerdctl-", ContainerRuntime::kContainerd},    {"lxc.payload.", ContainerRuntime::kLxc},
    {"systemd-nspawn@", ContainerRuntime::kNspawn},
};
constexpr Prefix kParents[] = {
    {"docker", ContainerRuntime::kDocker},
    {"libpod_parent", ContainerRuntime::kPodman},
    {"lxc", ContainerRuntime::kLxc},
    {"lxc.payload", ContainerRuntime::kLxc},
    {"containerd", ContainerRuntime::kContainerd},
    {"default", ContainerRuntime::kContainerd},
};

bool IsLongHex(absl::string_view text) {
  return text.size() == kIdDigits && std::all_of(text.begin(), text.end(), absl::ascii_isxdigit);
}

bool IsPlainName(absl::string_view text) {
  const auto fits = [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= kLongestName && text[0] != '-' &&
         std::all_of(text.begin(), text.end(), fits);
}

bool HasHexId(ContainerRuntime runtime) {
  return runtime != ContainerRuntime::kLxc && runtime != ContainerRuntime::kNspawn;
}

bool IsIdOf(ContainerRuntime runtime, absl::string_view id) {
  return HasHexId(runtime) ? IsLongHex(id) : IsPlainName(id);
}

Container OfSegment(absl::string_view segment) {
  for (const Prefix& prefix : kBeforeId) {
    absl::string_view id = segment;
    if (!absl::ConsumePrefix(&id, AbslView(prefix.text))) continue;
    if (!absl::ConsumeSuffix(&id, ".scope")) absl::ConsumeSuffix(&id, ".service");
    if (IsIdOf(prefix.runtime, id)) return {prefix.runtime, std::string(id)};
  }
  return {};
}

Container OfPair(absl::string_view parent, absl::string_view segment) {
  for (const Prefix& each : kParents) {
    if (parent == AbslView(each.text) && IsIdOf(each.runtime, segment)) {
      return {each.runtime, std::string(segment)};
    }
  }
  return {};
}

// Kubernetes' pkg/kubelet/cm/cgroup_manager_linux.go: "podUID", and where systemd makes the groups
// "kubepods-burstable-podUID.slice" with "_" for "-". Pods of a node's own files have a hash as
// uid.
std::string PodUidOfSegment(absl::string_view segment) {
  if (absl::ConsumeSuffix(&segment, ".slice")) {
    segment = segment.substr(segment.rfind('-') + 1);
  }
  if (!absl::ConsumePrefix(&segment, "pod")) return "";
  std::string uid = absl::StrReplaceAll(segment, {{"_", "-"}});
  const auto fits = [](unsigned char c) { return absl::ascii_isxdigit(c) || c == '-'; };
  const bool long_enough = uid.size() == kPodUidLength || uid.size() == kPodHashLength;
  return long_enough && std::all_of(uid.begin(), uid.end(), fits) ? uid : "";
}

bool IsKubernetes(absl::string_view path) { return absl::StrContains(path, "kubepods"); }

Container OfPath(absl::string_view path) {
  const std::vector<absl::string_view> segments = absl::StrSplit(path, '/', absl::SkipEmpty());
  Container found;
  for (size_t i = 0; i < segments.size(); ++i) {
    Container each = OfSegment(segments[i]);
    if (!each.any() && i > 0) each = OfPair(segments[i - 1], segments[i]);
    if (!each.any() && IsKubernetes(path) && IsLongHex(segments[i])) {
      each = {ContainerRuntime::kKubernetes, std::string(segments[i])};
    }
    if (each.any()) found = std::move(each);  // the innermost one
  }
  if (IsKubernetes(path)) found.runtime = ContainerRuntime::kKubernetes;
  return found;
}

}  // namespace

std::string Container::short_id() const {
  return HasHexId(runtime) ? id.substr(0, kShortIdDigits) : id;
}

std::string_view Name(ContainerRuntime runtime) {
  switch (runtime) {
    case ContainerRuntime::kNone:
      return "no container";
    case ContainerRuntime::kDocker:
      return "Docker";
    case ContainerRuntime::kPodman:
      return "Podman";
    case ContainerRuntime::kKubernetes:
      return "Kubernetes";
    case ContainerRuntime::kContainerd:
      return "containerd";
    case ContainerRuntime::kLxc:
      return "LXC";
    case ContainerRuntime::kNspawn:
      return "systemd-nspawn";
    case ContainerRuntime::kOther:
      break;
  }
  return "a container runtime";
}

std::vector<CgroupPath> ParseCgroups(std::string_view cgroups) {
  std::vector<CgroupPath> paths;
  for (const absl::string_view line : absl::StrSplit(AbslView(cgroups), '\n')) {
    // hierarchy-ID:controller-list:cgroup-path; the path may hold colons.
    const std::vector<absl::string_view> fields = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (fields.size() != 3 || paths.size() == kMostLines) continue;
    paths.push_back({std::string(fields[1]), std::string(fields[2])});
  }
  return paths;
}

Container ParseContainer(std::string_view cgroups) {
  for (const CgroupPath& each : ParseCgroups(cgroups)) {
    Container container = OfPath(each.path);
    if (container.any()) return container;
  }
  return {};
}

std::string ParsePodUid(std::string_view cgroups) {
  for (const CgroupPath& each : ParseCgroups(cgroups)) {
    if (!IsKubernetes(each.path)) continue;
    for (const absl::string_view segment : absl::StrSplit(each.path, '/', absl::SkipEmpty())) {
      std::string uid = PodUidOfSegment(segment);
      if (!uid.empty()) return uid;
    }
  }
  return "";
}

std::string ParseUnit(std::string_view cgroups) {
  for (const CgroupPath& each : ParseCgroups(cgroups)) {
    const std::vector<absl::string_view> segments =
        absl::StrSplit(each.path, '/', absl::SkipEmpty());
    for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
      const bool unit =
          absl::EndsWith(*segment, ".service") && !absl::StartsWith(*segment, "user@");
      if (unit && IsPlainName(*segment)) return std::string(*segment);
    }
  }
  return "";
}

Container ContainerNamed(std::string_view name) {
  if (name.empty()) return {};
  if (name == "docker") return {ContainerRuntime::kDocker, ""};
  if (name == "podman" || name == "oci") return {ContainerRuntime::kPodman, ""};
  if (name == "lxc" || name == "lxc-libvirt") return {ContainerRuntime::kLxc, ""};
  if (name == "systemd-nspawn") return {ContainerRuntime::kNspawn, ""};
  return {ContainerRuntime::kOther, ""};
}

}  // namespace spyhop
