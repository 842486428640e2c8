#include "cli/target_sources.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "sampler/target/process_files.h"

namespace spyhop {

void TargetSources::Remember(int pid) {
  const absl::StatusOr<ScopedFd> root = ProcessFiles(pid).OpenInRoot("/");
  struct stat its;
  struct stat ours;
  if (!root.ok() || fstat(root->get(), &its) != 0 || stat("/", &ours) != 0) return;
  if (its.st_dev == ours.st_dev && its.st_ino == ours.st_ino) shares_our_root_.insert(pid);
}

ScopedFd TargetSources::Open(int pid, const std::string& path) const {
  const bool is_absolute = path.starts_with('/');
  if (!is_absolute && folder_.empty()) return ScopedFd();
  const std::string full = is_absolute ? path : absl::StrCat(folder_, "/", path);
  absl::StatusOr<ScopedFd> in_root = ProcessFiles(pid).OpenInRoot(full);
  if (in_root.ok()) return *std::move(in_root);
  if (!shares_our_root_.contains(pid)) return ScopedFd();
  return ScopedFd(open(full.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
}

}  // namespace spyhop
