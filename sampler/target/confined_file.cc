#include "sampler/target/confined_file.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "sampler/target/regular_file.h"

namespace spyhop {

ScopedFd NameConfined(int root, const char* path, uint64_t resolve) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = resolve;
  const long fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
  if (fd >= 0 || errno != ENOSYS) return ScopedFd(static_cast<int>(fd));
  while (*path == '/') ++path;  // before Linux 5.6
  return ScopedFd(openat(root, path, static_cast<int>(how.flags)));
}

ScopedFd OpenConfined(const std::string& folder, const std::string& path) {
  const ScopedFd root(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const ScopedFd named =
      root.valid() ? NameConfined(root.get(), path.c_str(), RESOLVE_IN_ROOT) : ScopedFd();
  return named.valid() ? OpenRegularFile(named) : ScopedFd();
}

}  // namespace spyhop
