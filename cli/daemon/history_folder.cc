#include "cli/daemon/history_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "report/escape.h"

namespace spyhop {
namespace {

// %Y would take the month's digits, too, when it is read.
constexpr char kStartFormat[] = "%E4Y%m%dT%H%M%E3SZ";
constexpr char kEnding[] = ".spyhop";
constexpr mode_t kFolderMode = 0750;
constexpr mode_t kFileMode = 0640;
constexpr int kOpenFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

std::vector<std::string> NamesIn(int folder) {
  std::vector<std::string> names;
  DIR* const list = fdopendir(openat(folder, ".", kOpenFolder));
  if (list == nullptr) return names;
  const absl::Cleanup close = [list] { closedir(list); };
  while (const dirent* entry = readdir(list)) names.emplace_back(entry->d_name);
  return names;
}

// As Begin names them: two numbers.
bool IsTargetName(const std::string& name) {
  const std::vector<std::string> parts = absl::StrSplit(name, '-');
  uint64_t number = 0;
  return parts.size() == 2 && absl::SimpleAtoi(parts[0], &number) &&
         absl::SimpleAtoi(parts[1], &number);
}

std::optional<absl::Time> StartOf(const std::string& name) {
  absl::Time start;
  std::string error;
  if (!absl::EndsWith(name, kEnding)) return std::nullopt;
  const std::string text = name.substr(0, name.size() - (sizeof(kEnding) - 1));
  if (!absl::ParseTime(kStartFormat, text, absl::UTCTimeZone(), &start, &error)) {
    return std::nullopt;
  }
  return start;
}

// OutputFile's.
bool IsTemporaryName(const std::string& name) {
  return absl::StartsWith(name, ".") && absl::EndsWith(name, ".tmp");
}

int WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return written < 0 ? errno : ENOSPC;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

absl::Status CannotUse(const std::string& path, int error) {
  return absl::UnavailableError(absl::StrCat("cannot keep the history in '",
                                             EscapeForTerminal(path), "': ", strerror(error),
                                             "; name another folder (history = ...), or none"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<HistoryFolder>> HistoryFolder::Open(const std::string& path) {
  if (mkdir(path.c_str(), kFolderMode) != 0 && errno != EEXIST) return CannotUse(path, errno);
  ScopedFd folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid()) return CannotUse(path, errno);
  if (faccessat(folder.get(), ".", W_OK | X_OK, AT_EACCESS) != 0) return CannotUse(path, errno);
  std::unique_ptr<HistoryFolder> made(new HistoryFolder(std::move(folder)));
  made->ReadAll();
  return made;
}

void HistoryFolder::ReadAll() {
  for (const std::string& name : NamesIn(folder_.get())) {
    if (IsTemporaryName(name)) unlinkat(folder_.get(), name.c_str(), 0);
    if (IsTargetName(name)) ReadTarget(name);
  }
}

void HistoryFolder::ReadTarget(const std::string& target) {
  const ScopedFd folder(openat(folder_.get(), target.c_str(), kOpenFolder));
  if (!folder.valid()) return;
  for (const std::string& name : NamesIn(folder.get())) {
    const std::optional<absl::Time> start = StartOf(name);
    struct stat info;
    if (!start || fstatat(folder.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (!S_ISREG(info.st_mode)) continue;
    const auto size = static_cast<uint64_t>(info.st_size);
    kept_[absl::StrCat(target, "/", name)] = {.start = *start, .bytes = size};
    bytes_ += size;
  }
  unlinkat(folder_.get(), target.c_str(), AT_REMOVEDIR);  // only if it is empty
}

HistoryFolder::Growing HistoryFolder::Begin(int pid, uint64_t start_time, absl::Time start) const {
  Growing recording;
  recording.start_ = start;
  recording.target_ = absl::StrCat(pid, "-", start_time);
  return recording;
}

// The clock may have been set back: then a name may be taken.
int HistoryFolder::Create(Growing& recording) {
  if (mkdirat(folder_.get(), recording.target_.c_str(), kFolderMode) != 0 && errno != EEXIST) {
    return errno;
  }
  const ScopedFd folder(openat(folder_.get(), recording.target_.c_str(), kOpenFolder));
  if (!folder.valid()) return errno;
  for (int i = 0; i < 100; ++i) {
    const absl::Time start = recording.start_ + absl::Milliseconds(i);
    const std::string name =
        absl::StrCat(absl::FormatTime(kStartFormat, start, absl::UTCTimeZone()), kEnding);
    constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC;
    recording.fd_ = ScopedFd(openat(folder.get(), name.c_str(), kFlags, kFileMode));
    if (!recording.fd_.valid() && errno == EEXIST) continue;
    if (!recording.fd_.valid()) return errno;
    fchmod(recording.fd_.get(), kFileMode);
    recording.name_ = absl::StrCat(recording.target_, "/", name);
    kept_[recording.name_] = {.start = start, .grows = true};
    return 0;
  }
  return EEXIST;
}

int HistoryFolder::Append(Growing& recording, std::string_view bytes) {
  if (!recording.exists()) {
    if (const int error = Create(recording); error != 0) return error;
  }
  const int error = WriteAll(recording.fd_.get(), bytes);
  if (error == 0) {
    recording.size_ += bytes.size();
    bytes_ += bytes.size();
    kept_[recording.name_].bytes = recording.size_;
  } else if (ftruncate(recording.fd_.get(), static_cast<off_t>(recording.size_)) != 0) {
    return errno;
  }
  return error;
}

void HistoryFolder::Finish(Growing& recording) {
  if (!recording.exists()) return;
  recording.fd_ = ScopedFd();
  const auto kept = kept_.find(recording.name_);
  if (kept == kept_.end()) return;
  kept->second.grows = false;
  if (recording.size_ == 0) Remove(kept);
}

std::map<std::string, HistoryFolder::Kept>::iterator HistoryFolder::Remove(
    std::map<std::string, Kept>::iterator kept) {
  const std::string target = kept->first.substr(0, kept->first.find('/'));
  const std::string name = kept->first.substr(target.size() + 1);
  const ScopedFd folder(openat(folder_.get(), target.c_str(), kOpenFolder));
  if (folder.valid()) unlinkat(folder.get(), name.c_str(), 0);
  bytes_ -= kept->second.bytes;
  const auto next = kept_.erase(kept);
  const auto rest = kept_.lower_bound(target + "/");
  if (rest == kept_.end() || !absl::StartsWith(rest->first, target + "/")) {
    unlinkat(folder_.get(), target.c_str(), AT_REMOVEDIR);
  }
  return next;
}

bool HistoryFolder::DropOldest() {
  auto oldest = kept_.end();
  for (auto kept = kept_.begin(); kept != kept_.end(); ++kept) {
    if (kept->second.grows) continue;
    if (oldest == kept_.end() || kept->second.start < oldest->second.start) oldest = kept;
  }
  if (oldest == kept_.end()) return false;
  Remove(oldest);
  return true;
}

void HistoryFolder::Prune(absl::Time oldest, uint64_t most) {
  for (auto kept = kept_.begin(); kept != kept_.end();) {
    const bool old = !kept->second.grows && kept->second.start < oldest;
    kept = old ? Remove(kept) : std::next(kept);
  }
  while (bytes_ > most && DropOldest()) {
  }
}

}  // namespace spyhop
