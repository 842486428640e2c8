#include "sampler/jit_names.h"

#include <unistd.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace spyhop {
namespace {

constexpr Nanos kReadEvery = kSecond;
constexpr uint64_t kMostBytes = 64 << 20;
constexpr size_t kPiece = 1 << 20;

}  // namespace

const PerfMap::Function* JitNames::At(RemoteAddress address, Nanos now) {
  const PerfMap::Function* found = map_.Find(address);
  if (found != nullptr || now < next_read_) return found;
  next_read_ = now + kReadEvery;
  ReadOn();
  return map_.Find(address);
}

void JitNames::ReadOn() {
  if (!fd_.valid()) {
    const absl::StatusOr<ProcessStatus> status = files_.Status();
    if (!status.ok()) return;
    absl::StatusOr<ScopedFd> fd =
        files_.OpenInRoot(absl::StrCat("/tmp/perf-", status->namespace_ids.back(), ".map"));
    if (!fd.ok()) return;
    fd_ = *std::move(fd);
  }
  std::vector<char> piece(kPiece);
  ssize_t size = 0;
  while (read_ < kMostBytes &&
         (size = pread(fd_.get(), piece.data(), piece.size(), static_cast<off_t>(read_))) > 0) {
    read_ += static_cast<uint64_t>(size);
    cut_line_.append(piece.data(), static_cast<size_t>(size));
    const size_t whole = cut_line_.rfind('\n') + 1;
    map_.Add(std::string_view(cut_line_).substr(0, whole));
    cut_line_.erase(0, whole);
  }
}

}  // namespace spyhop
