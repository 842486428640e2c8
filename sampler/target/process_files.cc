#include "sampler/target/process_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/absl_view.h"
#include "sampler/target/confined_file.h"
#include "sampler/target/permission.h"
#include "sampler/target/privileges.h"
#include "sampler/target/regular_file.h"

namespace spyhop {
namespace {

// Files of /proc tell no size; more than this is not read (maps of a huge process: some MiB).
constexpr size_t kMaxProcFile = 64 << 20;

absl::Status ErrnoStatus(int error, int pid, const char* what) {
  const std::string message = absl::StrFormat("cannot read %s of process %d", what, pid);
  if (error == ENOENT || error == ESRCH) {
    return ProcessFiles::NoSuchProcess(pid);
  }
  if (error == EACCES || error == EPERM) {
    return absl::PermissionDeniedError(absl::StrCat(
        message, ": not permitted; ", HowToBePermitted(OwnPrivileges(), pid).InOneLine()));
  }
  return absl::ErrnoToStatus(error, message);
}

absl::StatusOr<std::string> ReadUpTo(int fd, size_t limit) {
  std::string text;
  char piece[16384];
  while (text.size() < limit) {
    const ssize_t got = read(fd, piece, std::min(sizeof(piece), limit - text.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return absl::ErrnoToStatus(errno, "read");
    if (got == 0) break;
    text.append(piece, static_cast<size_t>(got));
  }
  return text;
}

absl::StatusOr<std::string> ReadProcFile(const std::string& path, int pid, const char* what,
                                         size_t limit = kMaxProcFile) {
  const ScopedFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus(errno, pid, what);
  errno = 0;
  absl::StatusOr<std::string> text = ReadUpTo(fd.get(), limit);
  if (!text.ok()) return ErrnoStatus(errno, pid, what);
  return text;
}

std::string ReadLinkOf(const std::string& path) {
  char target[4096];
  const ssize_t length = readlink(path.c_str(), target, sizeof(target));
  return length < 0 ? std::string() : std::string(target, static_cast<size_t>(length));
}

// On overlay and btrfs the device of stat(2) may differ from the one in maps; the inode still has
// to agree.
bool HasInode(int fd, uint64_t inode) {
  struct stat info;
  return fstat(fd, &info) == 0 && info.st_ino == inode;
}

std::vector<int> NumericEntries(const std::string& path) {
  std::vector<int> numbers;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir(path.c_str()), &closedir);
  if (dir == nullptr) return numbers;
  while (const dirent* entry = readdir(dir.get())) {
    int number = 0;
    if (absl::SimpleAtoi(entry->d_name, &number)) numbers.push_back(number);
  }
  return numbers;
}

}  // namespace

std::optional<ProcessStat> ParseStat(std::string_view text) {
  // comm may hold ')' and spaces, so it ends at the *last* ')'.
  const size_t open = text.find('(');
  const size_t close = text.rfind(')');
  if (open == text.npos || close == text.npos || close < open) return std::nullopt;
  ProcessStat stat;
  stat.comm = std::string(text.substr(open + 1, close - open - 1));
  const std::vector<absl::string_view> fields =
      absl::StrSplit(AbslView(text.substr(close + 1)), ' ', absl::SkipWhitespace());
  // fields[0] is field 3 of proc(5), the state.
  if (fields.size() < 20 || fields[0].size() != 1) return std::nullopt;
  stat.state = fields[0][0];
  if (!absl::SimpleAtoi(fields[1], &stat.parent) || !absl::SimpleAtoi(fields[6], &stat.flags) ||
      !absl::SimpleAtoi(fields[19], &stat.start_time)) {
    return std::nullopt;
  }
  return stat;
}

ProcessFiles::ProcessFiles(int pid) : pid_(pid) {}

std::string ProcessFiles::Path(std::string_view rest) const {
  return absl::StrCat("/proc/", pid_, "/", AbslView(rest));
}

std::string ProcessFiles::Name() const {
  const absl::StatusOr<ProcessStat> stat = Stat();
  return absl::StrCat("process ", pid_, " (", stat.ok() ? stat->comm : "gone", ")");
}

absl::StatusOr<ProcessStat> ProcessFiles::Stat() const {
  absl::StatusOr<std::string> text = ReadProcFile(Path("stat"), pid_, "stat");
  if (!text.ok()) return text.status();
  std::optional<ProcessStat> stat = ParseStat(*text);
  if (!stat) return absl::DataLossError(absl::StrCat("cannot understand ", Path("stat")));
  return *std::move(stat);
}

absl::StatusOr<ProcessStatus> ProcessFiles::Status() const { return ThreadStatus(pid_); }

absl::StatusOr<ProcessStatus> ProcessFiles::ThreadStatus(int tid) const {
  const std::string path = Path(absl::StrCat("task/", tid, "/status"));
  absl::StatusOr<std::string> text = ReadProcFile(path, pid_, "status");
  if (!text.ok()) return text.status();
  std::optional<ProcessStatus> status = ParseStatus(*text);
  if (!status) return absl::DataLossError(absl::StrCat("cannot understand ", path));
  return *std::move(status);
}

std::string ProcessFiles::ThreadName(int tid) const {
  absl::StatusOr<std::string> text =
      ReadProcFile(Path(absl::StrCat("task/", tid, "/comm")), pid_, "comm");
  if (!text.ok()) return "";
  return std::string(absl::StripSuffix(*text, "\n"));
}

absl::StatusOr<std::vector<int>> ProcessFiles::ThreadIds() const {
  std::vector<int> tids = NumericEntries(Path("task"));
  if (tids.empty()) return ErrnoStatus(ESRCH, pid_, "threads");
  std::sort(tids.begin(), tids.end());
  return tids;
}

absl::StatusOr<std::string> ProcessFiles::MapsText() const {
  return ReadProcFile(Path("maps"), pid_, "memory map");
}

absl::StatusOr<std::string> ProcessFiles::CgroupText() const {
  return ReadProcFile(Path("cgroup"), pid_, "cgroups");
}

std::vector<std::string> ProcessFiles::CommandLine() const { return CommandLine(kMaxProcFile); }

std::vector<std::string> ProcessFiles::CommandLine(size_t limit) const {
  absl::StatusOr<std::string> text = ReadProcFile(Path("cmdline"), pid_, "command line", limit);
  if (!text.ok() || text->empty()) return {};
  if (text->back() == '\0') text->pop_back();
  return absl::StrSplit(*text, '\0');
}

absl::StatusOr<std::string> ProcessFiles::EnvironmentText(size_t limit) const {
  return ReadProcFile(Path("environ"), pid_, "environment", limit);
}

std::string ProcessFiles::Executable() const { return ReadLinkOf(Path("exe")); }

std::string ProcessFiles::Root() const { return ReadLinkOf(Path("root")); }

// The kernel shows paths from our root on (d_path); what lies elsewhere is marked or has no '/'.
std::string ProcessFiles::WorkingFolder() const {
  std::string folder = ReadLinkOf(Path("cwd"));
  const std::string root = Root();
  if (!folder.starts_with('/') || folder.ends_with(" (deleted)")) return "";
  if (root.size() > 1 && (folder == root || folder.starts_with(root + "/"))) {
    folder.erase(0, root.size());
  }
  return folder.empty() ? "/" : folder;
}

std::optional<bool> ProcessFiles::SharesNamespace(std::string_view kind) const {
  const std::string its = ReadLinkOf(Path(absl::StrCat("ns/", AbslView(kind))));
  if (its.empty()) return std::nullopt;
  return its == ReadLinkOf(absl::StrCat("/proc/self/ns/", AbslView(kind)));
}

// proc(5), "/proc/[pid]": the files of one that is not dumpable belong to root.
std::optional<bool> ProcessFiles::Dumpable() const {
  struct stat info;
  const absl::StatusOr<ProcessStatus> status = Status();
  if (!status.ok() || stat(Path("environ").c_str(), &info) != 0) return std::nullopt;
  if (status->user.effective == 0) return std::nullopt;
  return info.st_uid == status->user.effective;
}

absl::Status ProcessFiles::CheckThreadsReadable() const {
  const ScopedFd fd(open(Path("syscall").c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.valid() || (errno != EACCES && errno != EPERM)) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat("cannot open ", Path("syscall")));
}

// Linux 5.8+ has AppArmor's own file; the other one is of whichever module came first.
std::string ProcessFiles::SecurityProfile() const {
  for (const char* name : {"attr/apparmor/current", "attr/current"}) {
    absl::StatusOr<std::string> text = ReadProcFile(Path(name), pid_, "security profile");
    if (!text.ok() || text->empty()) continue;
    // SELinux ends it with a null character.
    return std::string(absl::StripTrailingAsciiWhitespace(text->c_str()));
  }
  return "";
}

absl::StatusOr<ScopedFd> ProcessFiles::OpenMapped(AddressRange mapping, const std::string& path,
                                                  uint64_t device, uint64_t inode) const {
  // proc(5): map_files needs CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE, but leads to the very file.
  const std::string link =
      Path(absl::StrFormat("map_files/%x-%x", mapping.begin().value(), mapping.end().value()));
  ScopedFd fd = OpenRegularFile(link);
  if (fd.valid()) return fd;
  absl::StatusOr<ScopedFd> by_path = OpenInRoot(path);
  if (by_path.ok() && (inode == 0 || HasInode(by_path->get(), inode))) return by_path;
  fd = OpenRegularFile(path);
  if (fd.valid() && inode != 0 && HasInode(fd.get(), inode)) return fd;
  if (!by_path.ok()) return by_path.status();
  return absl::NotFoundError(
      absl::StrFormat("%s is no longer the file that process %d has mapped (device %d:%d)", path,
                      pid_, major(device), minor(device)));
}

absl::StatusOr<ScopedFd> ProcessFiles::OpenExecutable() const {
  ScopedFd fd(open(Path("exe").c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus(errno, pid_, "executable");
  return fd;
}

absl::StatusOr<ScopedFd> ProcessFiles::RootFolder() const {
  ScopedFd root(open(Path("root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root.valid()) return ErrnoStatus(errno, pid_, "root directory");
  return root;
}

absl::StatusOr<ScopedFd> ProcessFiles::OpenInRoot(const std::string& path) const {
  const absl::StatusOr<ScopedFd> root = RootFolder();
  if (!root.ok()) return root.status();
  const ScopedFd named = NameConfined(root->get(), path.c_str(), RESOLVE_IN_ROOT);
  ScopedFd fd = named.valid() ? OpenRegularFile(named) : ScopedFd();
  if (fd.valid()) return fd;
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", Path("root"), path));
}

absl::StatusOr<ScopedFd> ProcessFiles::OpenInCwd(const std::string& path) const {
  const ScopedFd folder(open(Path("cwd").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid()) return ErrnoStatus(errno, pid_, "working folder");
  const ScopedFd named = NameConfined(folder.get(), path.c_str(), RESOLVE_BENEATH);
  ScopedFd fd = named.valid() ? OpenRegularFile(named) : ScopedFd();
  if (fd.valid()) return fd;
  const absl::Status error =
      absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", Path("cwd"), "/", path));
  // `..` or a link leads out of the folder, but perhaps not out of the root.
  const std::string name = WorkingFolder();
  if (name.empty()) return error;
  return OpenInRoot(absl::StrCat(name, "/", path));
}

absl::Status ProcessFiles::NoSuchProcess(int pid) {
  return absl::NotFoundError(absl::StrFormat(
      "no process with pid %d; `spyhop list` shows the Python processes there are", pid));
}

std::vector<int> ProcessFiles::AllPids() {
  std::vector<int> pids = NumericEntries("/proc");
  std::erase_if(pids, [](int pid) {
    // Kernel threads have no executable; others' links may be unreadable, those are kept.
    char target[8];
    const std::string link = absl::StrCat("/proc/", pid, "/exe");
    return readlink(link.c_str(), target, sizeof(target)) < 0 && errno == ENOENT;
  });
  std::sort(pids.begin(), pids.end());
  return pids;
}

}  // namespace spyhop
