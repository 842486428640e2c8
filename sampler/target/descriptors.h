// What a file descriptor of the target is, in words: "socket 10.0.0.5:5432", "pipe", "fifo /run/x",
// "file /var/log/x", "tty /dev/pts/3", "epoll (3 descriptors)", "timer", "inotify".
//
// Looks at /proc/PID/fd and fdinfo, never at the file itself, so a dead file server cannot make it
// wait. 2 us for a descriptor that was seen before and is the same, 10 us for another, sockets as
// in socket_tables.h. The number of an epoll set's descriptors is up to a second old, and rounded
// down from 20 on ("100+"), so that it makes few different texts. What cannot be seen is
// "descriptor 7". Paths are the target's own, inside its root. Not thread-safe.
#ifndef SPYHOP_SAMPLER_TARGET_DESCRIPTORS_H_
#define SPYHOP_SAMPLER_TARGET_DESCRIPTORS_H_

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "base/scoped_fd.h"
#include "sampler/target/socket_tables.h"

namespace spyhop {

// Targets of the links in /proc/PID/fd (proc(5)).
// The number in "socket:[4711]".
std::optional<uint64_t> ParseSocketLink(std::string_view link);
// What is told by the link and the file's type (S_IFMT bits of st_mode; 0: not known) alone.
std::string DescribeLink(std::string_view link, mode_t type);
// How many descriptors an epoll set has, by its fdinfo; `whole` is false when that was cut.
std::string DescribeEpoll(std::string_view fdinfo, bool whole);

class DescriptorNames {
 public:
  explicit DescriptorNames(int pid);

  std::string Describe(int fd, Nanos now);

  // A file by the name that the target gave to open(2) and has just looked up: "fifo /run/x".
  // `folder` is its descriptor or AT_FDCWD. Asks the kernel only for names it has at hand
  // (RESOLVE_CACHED, Linux 5.12); "file" stands for what it has not.
  std::string DescribePath(int folder, const std::string& path);

 private:
  struct Known {
    std::string link;
    std::string text;
    Nanos valid_until = 0;
  };

  std::string ReadLink(const char* name) const;
  std::string_view InsideRoot(std::string_view path) const;
  Known Look(int fd, const char* name, std::string link, Nanos now);
  std::string Protocol(const char* name) const;

  int pid_;
  std::string root_;  // of the target when it is confined below ours (chroot)
  ScopedFd folder_;   // /proc/PID/fd
  SocketTables sockets_;
  absl::flat_hash_map<int, Known> known_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_DESCRIPTORS_H_
