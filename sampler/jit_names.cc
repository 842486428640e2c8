#include "sampler/jit_names.h"

#include <sys/stat.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace spyhop {
namespace {

constexpr Nanos kReadEvery = kSecond;
constexpr Nanos kReadOnEvery = 100 * kMillisecond;
constexpr size_t kMostFunctions = 500'000;
constexpr uint64_t kMostBytes = 64 << 20;
constexpr size_t kPiece = 1 << 20;

}  // namespace

const PerfMap::Function* JitNames::At(RemoteAddress address, Nanos now) {
  const PerfMap::Function* found = map_.Find(address);
  if (found != nullptr || now < next_read_) return found;
  next_read_ = now + (ReadOn() ? kReadOnEvery : kReadEvery);
  return map_.Find(address);
}

bool JitNames::Open() {
  const absl::StatusOr<ProcessStatus> status = files_.Status();
  if (!status.ok()) return false;
  absl::StatusOr<ScopedFd> fd =
      files_.OpenInRoot(absl::StrCat("/tmp/perf-", status->namespace_ids.back(), ".map"));
  struct stat its;
  if (!fd.ok() || fstat(fd->get(), &its) != 0) return false;
  if (its.st_uid != status->user.real && its.st_uid != 0) return false;
  fd_ = *std::move(fd);
  return true;
}

bool JitNames::ReadOn() {
  if (!fd_.valid() && !Open()) return false;
  if (read_ >= kMostBytes || map_.size() >= kMostFunctions) return false;
  std::vector<char> piece(kPiece);
  const ssize_t size = pread(fd_.get(), piece.data(), piece.size(), static_cast<off_t>(read_));
  if (size <= 0) return false;
  read_ += static_cast<uint64_t>(size);
  cut_line_.append(piece.data(), static_cast<size_t>(size));
  const size_t whole = cut_line_.rfind('\n') + 1;
  map_.Add(std::string_view(cut_line_).substr(0, whole));
  cut_line_.erase(0, whole);
  return static_cast<size_t>(size) == piece.size();
}

}  // namespace spyhop
