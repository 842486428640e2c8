#include "sampler/target/descriptors.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/absl_view.h"
#include "sampler/target/process_files.h"

namespace spyhop {
namespace {

constexpr size_t kMaxKnown = 4096;
constexpr Nanos kForever = std::numeric_limits<Nanos>::max();
// A socket of which little is known yet may be connected or listened on any time.
constexpr Nanos kSocketLife = 20 * kMillisecond;
constexpr Nanos kEpollLife = kSecond;
// The kernel holds the set's lock while it writes fdinfo, all of it however little is read
// (fs/eventpoll.c, ep_show_fdinfo): a millisecond for 10,000 descriptors.
constexpr Nanos kEpollLifeFactor = 1000;
constexpr size_t kMaxFdInfo = 64 << 10;
constexpr size_t kMaxPath = 4096;

// fs/eventfd.c and so on: the names given to anon_inode_getfd.
struct AnonymousName {
  std::string_view link;
  std::string_view text;
};
constexpr AnonymousName kAnonymous[] = {
    {"anon_inode:[eventpoll]", "epoll"},         {"anon_inode:[eventfd]", "eventfd"},
    {"anon_inode:[timerfd]", "timer"},           {"anon_inode:inotify", "inotify"},
    {"anon_inode:[signalfd]", "signalfd"},       {"anon_inode:[pidfd]", "pidfd"},
    {"anon_inode:[fanotify]", "fanotify"},       {"anon_inode:[io_uring]", "io_uring"},
    {"anon_inode:[userfaultfd]", "userfaultfd"},
};

// STATX_TYPE without going to a file server: AT_STATX_DONT_SYNC (statx(2)).
mode_t TypeOf(int folder, const char* name, int flags) {
  struct statx info;
  if (statx(folder, name, flags | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE, &info) != 0) {
    return 0;
  }
  return info.stx_mode & S_IFMT;
}

ScopedFd OpenForLooking(const std::string& path) {
  return ScopedFd(open(path.c_str(), O_PATH | O_CLOEXEC));
}

size_t CountLines(std::string_view text, std::string_view beginning) {
  size_t count = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (text.substr(at, end - at).starts_with(beginning)) ++count;
    at = end + 1;
  }
  return count;
}

std::string ReadFdInfo(int pid, int fd) {
  const std::string path = absl::StrCat("/proc/", pid, "/fdinfo/", fd);
  const ScopedFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(kMaxFdInfo, '\0');
  size_t size = 0;
  while (file.valid() && size < text.size()) {
    const ssize_t got = read(file.get(), text.data() + size, text.size() - size);
    if (got <= 0) break;
    size += static_cast<size_t>(got);
  }
  text.resize(size);
  return text;
}

}  // namespace

std::optional<uint64_t> ParseSocketLink(std::string_view link) {
  constexpr std::string_view kBeginning = "socket:[";
  if (!link.starts_with(kBeginning) || !link.ends_with(']')) return std::nullopt;
  link.remove_prefix(kBeginning.size());
  link.remove_suffix(1);
  uint64_t inode = 0;
  const auto [end, error] = std::from_chars(link.data(), link.data() + link.size(), inode);
  if (error != std::errc() || end != link.data() + link.size()) return std::nullopt;
  return inode;
}

std::string DescribeLink(std::string_view link, mode_t type) {
  for (const AnonymousName& name : kAnonymous) {
    if (link == name.link) return std::string(name.text);
  }
  if (link.starts_with("pipe:[")) return "pipe";
  if (link.starts_with("socket:[")) return "socket";
  if (link.starts_with("pidfd:[")) return "pidfd";  // Linux 6.9+: pidfs
  if (link.starts_with("anon_inode:")) {
    return std::string(link.substr(link.find(':') + 1));
  }
  if (link.starts_with("/dev/pts/") || link.starts_with("/dev/tty")) {
    return absl::StrCat("tty ", AbslView(link));
  }
  if (type == S_IFCHR || type == S_IFBLK) return std::string(link);
  if (type == S_IFIFO) return absl::StrCat("fifo ", AbslView(link));
  if (type == S_IFDIR) return absl::StrCat("directory ", AbslView(link));
  constexpr std::string_view kDeleted = " (deleted)";  // d_path(), fs/d_path.c
  if (link.ends_with(kDeleted)) {
    link.remove_suffix(kDeleted.size());
    return absl::StrCat("deleted file ", AbslView(link));
  }
  return absl::StrCat("file ", AbslView(link));
}

std::string DescribeEpoll(std::string_view fdinfo, bool whole) {
  const size_t count = CountLines(fdinfo, "tfd:");
  if (count < 20 && whole) {
    return absl::StrCat("epoll (", count, count == 1 ? " descriptor)" : " descriptors)");
  }
  constexpr size_t kSteps[] = {500, 200, 100, 50, 20, 1};
  const size_t step = *std::find_if(std::begin(kSteps), std::end(kSteps) - 1,
                                    [count](size_t each) { return count >= each; });
  return absl::StrCat("epoll (", step, "+ descriptors)");
}

DescriptorNames::DescriptorNames(int pid)
    : pid_(pid),
      root_(ProcessFiles(pid).Root()),
      folder_(OpenForLooking(absl::StrCat("/proc/", pid, "/fd"))),
      sockets_(pid) {}

std::string_view DescriptorNames::InsideRoot(std::string_view path) const {
  const bool confined = root_.size() > 1 && path.size() > root_.size() && path.starts_with(root_) &&
                        path[root_.size()] == '/';
  return confined ? path.substr(root_.size()) : path;
}

std::string DescriptorNames::ReadLink(const char* name) const {
  char link[kMaxPath];
  const ssize_t length = readlinkat(folder_.get(), name, link, sizeof(link));
  return length < 0 ? std::string() : std::string(link, static_cast<size_t>(length));
}

std::string DescriptorNames::Describe(int fd, Nanos now) {
  char name[16];
  std::snprintf(name, sizeof(name), "%d", fd);
  std::string link = ReadLink(name);
  if (link.empty()) return absl::StrCat("descriptor ", fd);
  if (const auto found = known_.find(fd);
      found != known_.end() && found->second.link == link && now < found->second.valid_until) {
    return found->second.text;
  }
  if (known_.size() >= kMaxKnown) known_.clear();
  return (known_[fd] = Look(fd, name, std::move(link), now)).text;
}

DescriptorNames::Known DescriptorNames::Look(int fd, const char* name, std::string link,
                                             Nanos now) {
  if (const std::optional<uint64_t> inode = ParseSocketLink(link)) {
    const std::string protocol = Protocol(name);
    if (protocol.empty()) return {std::move(link), "socket", now + kSocketLife};
    const std::string detail = sockets_.Describe(protocol, *inode, now);
    // A bare protocol: not in the table, or not connected.
    const bool bare = detail.find(' ') == detail.npos && detail.find(':') == detail.npos;
    return {std::move(link), absl::StrCat("socket ", detail), bare ? now + kSocketLife : kForever};
  }
  if (link == "anon_inode:[eventpoll]") {
    MonotonicClock clock;
    const Nanos begin = clock.Now();
    const std::string fdinfo = ReadFdInfo(pid_, fd);
    const Nanos life = std::max(kEpollLife, kEpollLifeFactor * (clock.Now() - begin));
    return {std::move(link), DescribeEpoll(fdinfo, fdinfo.size() < kMaxFdInfo), now + life};
  }
  // Links that name no path say all themselves.
  const mode_t type = link.starts_with('/') ? TypeOf(folder_.get(), name, 0) : 0;
  std::string text = DescribeLink(InsideRoot(link), type);
  // The same path may be another kind of file by now.
  return {std::move(link), std::move(text), now + kSecond};
}

// sockfs tells each socket's protocol in this attribute (net/socket.c, sockfs_xattr_get).
std::string DescriptorNames::Protocol(const char* name) const {
  char value[64];
  const std::string path = absl::StrCat("/proc/", pid_, "/fd/", name);
  const ssize_t got = getxattr(path.c_str(), "system.sockprotoname", value, sizeof(value));
  if (got <= 0) return "";
  const std::string_view text(value, static_cast<size_t>(got));
  return std::string(text.substr(0, text.find('\0')));
}

std::string DescriptorNames::DescribePath(int folder, const std::string& path) {
  const bool absolute = path.starts_with('/');
  const std::string base = absolute             ? "root"
                           : folder == AT_FDCWD ? std::string("cwd")
                                                : absl::StrCat("fd/", folder);
  const ScopedFd from = OpenForLooking(absl::StrCat("/proc/", pid_, "/", base));
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_CACHED | (absolute ? RESOLVE_IN_ROOT : 0);
  const ScopedFd file(
      static_cast<int>(syscall(SYS_openat2, from.get(), path.c_str(), &how, sizeof(how))));
  const mode_t type = file.valid() ? TypeOf(file.get(), "", AT_EMPTY_PATH) : 0;
  return DescribeLink(path, type);
}

}  // namespace spyhop
