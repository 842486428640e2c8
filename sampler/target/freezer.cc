#include "sampler/target/freezer.h"

#include <algorithm>
#include <fstream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "sampler/target/container.h"

namespace spyhop {
namespace {

constexpr int kMostFolders = 32;

// The first word of a small file; empty when it cannot be read.
std::string Word(const std::string& path) {
  std::string word;
  std::ifstream(path) >> word;
  return word.substr(0, 16);
}

// Documentation/admin-guide/cgroup-v2.rst, and cgroup-v1/freezer-subsystem.rst.
struct Version {
  const char* asked;  // the file that tells whether this very group was asked to freeze
  const char* control;
  const char* thaw_word;
};
constexpr Version kFirst = {"freezer.self_freezing", "freezer.state", "THAWED"};
constexpr Version kSecond = {"cgroup.freeze", "cgroup.freeze", "0"};

// A group is frozen with all below it: the innermost that was asked to.
std::optional<FrozenGroup> FindUpwards(const std::string& mount, std::string path,
                                       const Version& version) {
  for (int i = 0; i < kMostFolders && !path.empty(); ++i) {
    const std::string folder = absl::StrCat(mount, path == "/" ? "" : path, "/");
    if (Word(folder + version.asked) == "1") {
      return FrozenGroup{folder + version.control, version.thaw_word};
    }
    path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
  }
  return std::nullopt;
}

// Version 1 may mount it together with others: "perf_event,freezer".
bool HasFreezer(const std::string& controllers) {
  const std::vector<absl::string_view> names = absl::StrSplit(controllers, ',');
  return std::find(names.begin(), names.end(), "freezer") != names.end();
}

// Not in our namespace's part of the tree.
bool LeadsOut(const std::string& path) {
  for (const absl::string_view segment : absl::StrSplit(path, '/')) {
    if (segment == "..") return true;
  }
  return !path.starts_with('/');
}

}  // namespace

std::optional<FrozenGroup> FindFrozenGroup(std::string_view cgroups, const std::string& root) {
  for (const CgroupPath& each : ParseCgroups(cgroups)) {
    if (LeadsOut(each.path)) continue;
    std::optional<FrozenGroup> found;
    if (HasFreezer(each.controllers)) found = FindUpwards(root + "/freezer", each.path, kFirst);
    // Alone, or beside those of version 1 (systemd's "hybrid").
    if (each.controllers.empty()) found = FindUpwards(root, each.path, kSecond);
    if (each.controllers.empty() && !found) {
      found = FindUpwards(root + "/unified", each.path, kSecond);
    }
    if (found) return found;
  }
  return std::nullopt;
}

}  // namespace spyhop
