// The text of source lines, read from the target's files when a table is made.
//
// The names come from the target, so nothing about the files is trusted: only regular files are
// read, at most 32 MiB of each, at most 400 bytes of a line; as superuser no file that is root's
// secret. Each file is read once, front to back, whatever the number of lines wanted.
#ifndef SPYHOP_REPORT_SOURCE_LINES_H_
#define SPYHOP_REPORT_SOURCE_LINES_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/scoped_fd.h"

namespace spyhop {

// Opens a file as process `pid` sees it; an invalid fd when that cannot be done.
using SourceOpener = std::function<ScopedFd(int pid, const std::string& path)>;

struct SourcePlace {
  int pid = 0;
  std::string file;
  int line = 0;
};

// One text for each place, without its indentation and newline; empty when it cannot be read. It is
// not escaped.
std::vector<std::string> ReadSourceLines(const SourceOpener& open,
                                         const std::vector<SourcePlace>& places);

// A whole file's lines, with their indentation, cut like those above; none when it cannot be read,
// has more than `most_bytes`, or is no text (holds NUL).
std::optional<std::vector<std::string>> ReadSourceFile(const SourceOpener& open, int pid,
                                                       const std::string& file, size_t most_bytes);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_SOURCE_LINES_H_
