#include "report/output_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "report/escape.h"

namespace spyhop {
namespace {

constexpr size_t kBlock = size_t{64} << 10;
constexpr std::string_view kStdout = "-";

std::string Hint(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "; free some space or name another folder with -o";
    case EACCES:
    case EPERM:
    case EROFS:
      return "; name a folder you may write to with -o";
    case EBADF:
      return "; it is closed: redirect it, or use -o FILE";
    case ENOENT:
    case ENOTDIR:
      return "; create the folder first";
    case EISDIR:
      return "; name a file in it with -o";
    case EPIPE:
      return "; its reader has ended: start that again, or name a file with -o";
    default:
      return "; name another file with -o";
  }
}

absl::Status FileError(const std::string& doing, const std::string& path, int error) {
  return absl::UnknownError(absl::StrCat("cannot ", doing, " '", EscapeForTerminal(path),
                                         "': ", strerror(error), Hint(error)));
}

absl::Status CannotReplace(const std::string& path, const std::string& temporary, int error) {
  return absl::UnknownError(absl::StrCat("cannot replace '", EscapeForTerminal(path),
                                         "': ", strerror(error), "; the data is whole in '",
                                         EscapeForTerminal(temporary),
                                         "': move it from there, and name another file with -o"));
}

// The file a symbolic link leads to, also when that does not exist yet; else the path itself.
std::string BehindLinks(const std::string& path) {
  std::string at = path;
  char target[PATH_MAX];
  for (int i = 0; i < 40; ++i) {  // The kernel follows 40 at most, see path_resolution(7).
    const ssize_t length = readlink(at.c_str(), target, sizeof(target));
    if (length <= 0) return at;
    const std::string next(target, static_cast<size_t>(length));
    const size_t slash = at.rfind('/');
    at = next[0] == '/' || slash == std::string::npos ? next : at.substr(0, slash + 1) + next;
  }
  return path;
}

std::string TemporaryName(const std::string& path) {
  const size_t slash = path.rfind('/');
  const size_t name = slash == std::string::npos ? 0 : slash + 1;
  // Short enough for any name the file itself may have (NAME_MAX counts bytes).
  return absl::StrFormat("%s.%s.%08x.tmp", path.substr(0, name), path.substr(name, 200),
                         std::random_device()());
}

struct Place {
  std::string path;
  bool direct = false;  // a device, FIFO or the like: not to be replaced
  mode_t mode = 0666;
};

// What is neither a file nor a folder is kept by the name given: the link in /dev/stdout and in a
// shell's >(command) leads to "pipe:[123]", which is no path (proc(5), /proc/pid/fd).
std::optional<absl::StatusOr<Place>> FindDirectPlace(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0 || S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)) {
    return std::nullopt;
  }
  // open(2) refuses a socket, in the end and not now.
  if (S_ISSOCK(info.st_mode)) return FileError("write to", path, ENXIO);
  if (access(path.c_str(), W_OK) != 0) return FileError("write to", path, errno);
  return Place{.path = path, .direct = true};
}

// Fails also for a folder and for a name that ends in '/'.
absl::StatusOr<Place> FindPlace(const std::string& path) {
  if (path.empty()) return absl::InvalidArgumentError("the name of the output file is empty");
  if (auto direct = FindDirectPlace(path)) return *std::move(direct);
  Place place{.path = BehindLinks(path)};
  struct stat info;
  if (place.path.back() == '/') return FileError("write to", path, EISDIR);
  if (stat(place.path.c_str(), &info) != 0) {
    if (errno != ENOENT) return FileError("write to", path, errno);
    return place;
  }
  if (S_ISDIR(info.st_mode)) return FileError("write to", path, EISDIR);
  place.mode = info.st_mode & 07777;
  if (access(place.path.c_str(), W_OK) != 0) return FileError("write to", path, errno);
  return place;
}

struct Temporary {
  std::string path;
  ScopedFd fd;
};

// Another program may have made the file that is our stdout non-blocking, for all who share it.
bool AwaitRoom(int fd) {
  pollfd full{fd, POLLOUT, 0};
  return poll(&full, 1, -1) >= 0 || errno == EINTR;
}

std::optional<Temporary> MakeTemporary(const std::string& path) {
  for (int i = 0; i < 100; ++i) {
    Temporary made{.path = TemporaryName(path)};
    made.fd = ScopedFd(open(made.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (made.fd.valid()) return made;
    if (errno != EEXIST) break;
  }
  return std::nullopt;
}

}  // namespace

void FdSink::Append(std::string_view bytes) {
  if (error_ != 0) return;
  buffer_.append(bytes);
  if (buffer_.size() < kBlock) return;
  Write(buffer_);
  buffer_.clear();
}

int FdSink::Finish() {
  Write(buffer_);
  buffer_.clear();
  return error_;
}

void FdSink::Write(std::string_view bytes) {
  while (!bytes.empty() && error_ == 0) {
    const ssize_t written = write(fd_, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<size_t>(written));
    } else if (errno != EINTR && !(errno == EAGAIN && AwaitRoom(fd_))) {
      error_ = errno;
    }
  }
}

void TemporaryFiles::Add(const std::string& path) {
  const std::lock_guard lock(mutex_);
  paths_.insert(path);
}

void TemporaryFiles::Forget(const std::string& path) {
  const std::lock_guard lock(mutex_);
  paths_.erase(path);
}

void TemporaryFiles::RemoveAll() {
  const std::lock_guard lock(mutex_);
  for (const std::string& path : paths_) unlink(path.c_str());
  paths_.clear();
}

OutputFile::OutputFile(std::string path, ScopedFd fd)
    : path_(std::move(path)),
      fd_(std::move(fd)),
      sink_(std::make_unique<FdSink>(fd_.valid() ? fd_.get() : STDOUT_FILENO)) {}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      final_path_(std::move(other.final_path_)),
      temporary_path_(std::exchange(other.temporary_path_, {})),
      fd_(std::move(other.fd_)),
      sink_(std::move(other.sink_)),
      registry_(other.registry_) {}

absl::StatusOr<OutputFile> OutputFile::Open(const std::string& path, TemporaryFiles* temporary) {
  if (path == kStdout) return OutputFile(path, ScopedFd());
  const absl::StatusOr<Place> place = FindPlace(path);
  if (!place.ok()) return place.status();
  if (place->direct) {
    ScopedFd fd(open(place->path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd.valid()) return FileError("open", path, errno);
    return OutputFile(path, std::move(fd));
  }
  std::optional<Temporary> made = MakeTemporary(place->path);
  if (!made) return FileError("create", path, errno);
  // A new file keeps what the umask left of 0666.
  if (place->mode != 0666) fchmod(made->fd.get(), place->mode);
  OutputFile file(path, std::move(made->fd));
  file.final_path_ = place->path;
  file.temporary_path_ = made->path;
  file.registry_ = temporary;
  if (temporary != nullptr) temporary->Add(made->path);
  return file;
}

OutputFile::~OutputFile() {
  if (temporary_path_.empty()) return;
  unlink(temporary_path_.c_str());
  if (registry_ != nullptr) registry_->Forget(temporary_path_);
}

absl::Status OutputFile::Flush() {
  const int error = sink_->Finish();
  if (error == 0 || (error == EPIPE && path_ == kStdout)) return absl::OkStatus();
  return FileError("write to", path_ == kStdout ? "stdout" : path_, error);
}

bool OutputFile::reader_is_gone() const { return sink_->error() == EPIPE; }

absl::Status OutputFile::Publish() {
  const absl::Status flushed = Flush();
  return flushed.ok() && !temporary_path_.empty() ? TakePlace() : flushed;
}

absl::Status OutputFile::Commit() {
  const absl::Status flushed = Flush();
  if (!flushed.ok() || final_path_.empty()) return flushed;
  // EINVAL: a file system without fsync.
  if (fsync(fd_.get()) != 0 && errno != EINVAL) return FileError("write to", path_, errno);
  return temporary_path_.empty() ? absl::OkStatus() : TakePlace();
}

absl::Status OutputFile::TakePlace() {
  const int renamed = rename(temporary_path_.c_str(), final_path_.c_str());
  const int rename_error = errno;
  if (registry_ != nullptr) registry_->Forget(temporary_path_);
  const std::string whole = std::exchange(temporary_path_, {});
  return renamed == 0 ? absl::OkStatus() : CannotReplace(path_, whole, rename_error);
}

absl::Status CheckWritable(const std::string& path) {
  if (path == kStdout) {
    return StdoutIsOpen() ? absl::OkStatus() : FileError("write to", "stdout", EBADF);
  }
  const absl::StatusOr<Place> place = FindPlace(path);
  if (!place.ok() || place->direct) return place.status();
  const std::optional<Temporary> made = MakeTemporary(place->path);
  if (!made) return FileError("create", path, errno);
  unlink(made->path.c_str());
  return absl::OkStatus();
}

bool StdoutIsOpen() {
  const int flags = fcntl(STDOUT_FILENO, F_GETFL);
  return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

}  // namespace spyhop
