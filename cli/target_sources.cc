#include "cli/target_sources.h"

#include <sys/stat.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "sampler/target/process_files.h"
#include "sampler/target/regular_file.h"

namespace spyhop {

void TargetSources::Remember(int pid) {
  const ProcessFiles files(pid);
  folders_[pid] = folder_.empty() ? files.WorkingFolder() : folder_;
  const absl::StatusOr<ScopedFd> root = files.RootFolder();
  struct stat its;
  struct stat ours;
  if (!root.ok() || fstat(root->get(), &its) != 0 || stat("/", &ours) != 0) return;
  if (its.st_dev == ours.st_dev && its.st_ino == ours.st_ino) shares_our_root_.insert(pid);
}

ScopedFd TargetSources::Open(int pid, const std::string& path) const {
  if (path.starts_with('/')) return OpenAbsolute(pid, path);
  const auto folder = folders_.find(pid);
  if (folder != folders_.end() && !folder->second.empty()) {
    ScopedFd fd = OpenAbsolute(pid, absl::StrCat(folder->second, "/", path));
    if (fd.valid()) return fd;
  }
  absl::StatusOr<ScopedFd> in_cwd = ProcessFiles(pid).OpenInCwd(path);
  return in_cwd.ok() ? *std::move(in_cwd) : ScopedFd();
}

ScopedFd TargetSources::OpenAbsolute(int pid, const std::string& path) const {
  absl::StatusOr<ScopedFd> in_root = ProcessFiles(pid).OpenInRoot(path);
  if (in_root.ok()) return *std::move(in_root);
  if (!shares_our_root_.contains(pid)) return ScopedFd();
  return OpenRegularFile(path);
}

}  // namespace spyhop
