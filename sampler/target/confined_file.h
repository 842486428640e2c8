// Names a file below a folder that stands for somebody's root, without following links out of it.
#ifndef SPYHOP_SAMPLER_TARGET_CONFINED_FILE_H_
#define SPYHOP_SAMPLER_TARGET_CONFINED_FILE_H_

#include <cstdint>
#include <string>

#include "base/scoped_fd.h"

namespace spyhop {

// A descriptor that names the file (O_PATH). With RESOLVE_IN_ROOT symbolic links are followed as
// one confined to `root` would: absolute ones lead to its root, not to ours. With RESOLVE_BENEATH
// nothing leads out of the folder (openat2(2)). Invalid, with errno set, when there is none.
ScopedFd NameConfined(int root, const char* path, uint64_t resolve);

// A regular file by its path in the root that is at `folder`. Invalid, with errno set.
ScopedFd OpenConfined(const std::string& folder, const std::string& path);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_CONFINED_FILE_H_
