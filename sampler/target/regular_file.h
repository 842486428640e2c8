// Opens a file whose name comes from a target, and which may be anything.
//
// Only what is a regular file of a real file system is opened for reading. Of all else (devices,
// FIFOs, /proc/kmsg) the opening or reading may do something or never end; a descriptor that only
// names it (O_PATH, open(2)) does not. Some three system calls.
#ifndef SPYHOP_SAMPLER_TARGET_REGULAR_FILE_H_
#define SPYHOP_SAMPLER_TARGET_REGULAR_FILE_H_

#include <string>

#include "base/scoped_fd.h"

namespace spyhop {

// Links are followed. Invalid, with errno set, when it cannot be opened or is no such file (ENXIO).
ScopedFd OpenRegularFile(const std::string& path);

// The file that `named`, opened with O_PATH, names; as above.
ScopedFd OpenRegularFile(const ScopedFd& named);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_REGULAR_FILE_H_
