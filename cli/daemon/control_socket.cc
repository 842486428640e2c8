#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/daemon/listening_sockets.h"
#include "report/escape.h"

namespace spyhop {
namespace {

constexpr int kBacklog = 128;
constexpr mode_t kSocketMode = 0660;
constexpr std::string_view kNewSuffix = ".new";

absl::Status Cannot(std::string_view what, const std::string& path, int error) {
  return absl::UnavailableError(absl::StrCat("control: cannot ", std::string(what), " ",
                                             EscapeForTerminal(path), ": ", std::strerror(error)));
}

absl::StatusOr<sockaddr_un> AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (!path.starts_with('/') || path.size() + kNewSuffix.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(
        absl::StrCat("control: '", EscapeForTerminal(path),
                     "' has to begin with / and to be shorter than ",
                     sizeof(address.sun_path) - kNewSuffix.size(), " bytes"));
  }
  path.copy(address.sun_path, path.size());
  return address;
}

// Whoever may write to the folder could put a socket of his own there.
absl::Status CheckFolder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Cannot("make the folder", folder, error.value());
  struct stat info;
  if (stat(folder.c_str(), &info) != 0) return Cannot("look at", folder, errno);
  const bool others_write = (info.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  if (others_write && (info.st_mode & S_ISVTX) == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("control: others may write to ", EscapeForTerminal(folder),
                     ", so they could take the socket's place; chmod go-w it, or use another"));
  }
  return absl::OkStatus();
}

// Does a daemon answer there? What is no socket is nobody's to replace.
absl::Status CheckPlace(const std::string& path, const sockaddr_un& address) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0) return absl::OkStatus();
  if (!S_ISSOCK(info.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "control: ", EscapeForTerminal(path), " is there and is no socket; move it away"));
  }
  const ScopedFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto* to = reinterpret_cast<const sockaddr*>(&address);
  if (connect(probe.get(), to, sizeof(address)) != 0 && errno == ECONNREFUSED) {
    return absl::OkStatus();
  }
  return absl::AlreadyExistsError(
      absl::StrCat("control: another daemon answers at ", EscapeForTerminal(path),
                   "; stop it, or give this one another `control`"));
}

}  // namespace

absl::StatusOr<ControlSocket> ControlSocket::Create(const std::string& path,
                                                    std::optional<gid_t> group) {
  const absl::StatusOr<sockaddr_un> address = AddressOf(path);
  if (!address.ok()) return address.status();
  absl::Status place = CheckFolder(std::filesystem::path(path).parent_path());
  if (place.ok()) place = CheckPlace(path, *address);
  if (!place.ok()) return place;
  // It takes its place when it is as it has to be: nobody meets it before.
  const std::string made = absl::StrCat(path, std::string(kNewSuffix));
  unlink(made.c_str());
  ScopedFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un made_address = *address;
  made.copy(made_address.sun_path, made.size());
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&made_address), sizeof(made_address)) != 0) {
    return Cannot("make", made, errno);
  }
  struct stat info;
  if ((group && lchown(made.c_str(), static_cast<uid_t>(-1), *group) != 0) ||
      chmod(made.c_str(), kSocketMode) != 0 || listen(fd.get(), kBacklog) != 0 ||
      lstat(made.c_str(), &info) != 0 || std::rename(made.c_str(), path.c_str()) != 0) {
    const absl::Status status = Cannot("set up", path, errno);
    unlink(made.c_str());
    return status;
  }
  ControlSocket result(path, std::move(fd));
  result.device_ = info.st_dev;
  result.inode_ = info.st_ino;
  return result;
}

ControlSocket::ControlSocket(ControlSocket&& other) noexcept
    : path_(std::exchange(other.path_, "")),
      fd_(std::move(other.fd_)),
      device_(other.device_),
      inode_(other.inode_) {}

ControlSocket::~ControlSocket() {
  struct stat info;
  if (path_.empty() || lstat(path_.c_str(), &info) != 0) return;
  if (info.st_dev == device_ && info.st_ino == inode_) unlink(path_.c_str());
}

}  // namespace spyhop
