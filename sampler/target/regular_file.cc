#include "sampler/target/regular_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>

namespace spyhop {
namespace {

bool IsMadeUpByTheKernel(int fd) {
  struct statfs system;
  if (fstatfs(fd, &system) != 0) return true;
  switch (system.f_type) {
    case PROC_SUPER_MAGIC:
    case SYSFS_MAGIC:
    case DEBUGFS_MAGIC:
    case TRACEFS_MAGIC:
      return true;
    default:
      return false;
  }
}

}  // namespace

ScopedFd OpenRegularFile(const std::string& path) {
  const ScopedFd named(open(path.c_str(), O_PATH | O_CLOEXEC));
  return named.valid() ? OpenRegularFile(named) : ScopedFd();
}

ScopedFd OpenRegularFile(const ScopedFd& named) {
  struct stat status;
  if (fstat(named.get(), &status) != 0) return ScopedFd();
  if (!S_ISREG(status.st_mode) || IsMadeUpByTheKernel(named.get())) {
    errno = ENXIO;
    return ScopedFd();
  }
  const std::string link = "/proc/self/fd/" + std::to_string(named.get());
  return ScopedFd(open(link.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
}

}  // namespace spyhop
