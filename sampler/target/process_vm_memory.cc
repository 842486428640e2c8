#include "sampler/target/process_vm_memory.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/scoped_fd.h"
#include "sampler/target/process_files.h"

namespace spyhop {
namespace {

constexpr size_t kMaxPieces = 1024;  // IOV_MAX

class ProcessVmMemory : public RemoteMemory {
 public:
  explicit ProcessVmMemory(int pid) : pid_(pid) {}

  size_t ReadBatch(absl::Span<ReadRequest> requests) noexcept override {
    size_t complete = 0;
    while (!requests.empty()) {
      const size_t count = std::min(requests.size(), kMaxPieces);
      const size_t handled = ReadPieces(requests.first(count));
      for (const ReadRequest& request : requests.first(handled)) complete += request.complete();
      requests.remove_prefix(handled);
    }
    return complete;
  }

 private:
  // One system call. Returns how many requests are settled: all of them, or those up to and
  // including the first that could not be read whole. The kernel copies in order and stops at the
  // first bad page (process_vm_readv(2); mm/process_vm_access.c).
  size_t ReadPieces(absl::Span<ReadRequest> requests) noexcept {
    size_t locals = 0;
    size_t remotes = 0;
    size_t used = 0;
    for (; used < requests.size() && locals + 2 <= kMaxPieces; ++used) {
      const ReadRequest& request = requests[used];
      gaps_[used] = used == 0 ? kNoJoin : GapToJoin(requests[used - 1], request);
      if (gaps_[used] == kNoJoin) {
        gaps_[used] = 0;
        remote_[remotes++] = {reinterpret_cast<void*>(request.address.value()), request.size};
      } else {
        if (gaps_[used] != 0) local_[locals++] = {sink_.data(), gaps_[used]};
        remote_[remotes - 1].iov_len += gaps_[used] + request.size;
      }
      local_[locals++] = {request.destination, request.size};
    }
    const ssize_t got = process_vm_readv(pid_, local_.data(), locals, remote_.data(), remotes, 0);
    return Settle(requests.first(used), got > 0 ? static_cast<size_t>(got) : 0);
  }

  // Hands out the bytes that arrived, in order; returns how many requests are settled.
  size_t Settle(absl::Span<ReadRequest> requests, size_t left) noexcept {
    for (size_t i = 0; i < requests.size(); ++i) {
      left -= std::min(left, gaps_[i]);
      requests[i].done = std::min(left, requests[i].size);
      left -= requests[i].done;
      if (!requests[i].complete()) return i + 1;
    }
    return requests.size();
  }

  // Two requests on one page, close behind each other, cost less as one remote piece whose gap goes
  // nowhere: the kernel pins the page once.
  static size_t GapToJoin(const ReadRequest& before, const ReadRequest& request) noexcept {
    const uint64_t end = before.address.value() + before.size;
    const uint64_t begin = request.address.value();
    if (begin < end || begin - end > kMaxGap) return kNoJoin;
    const bool one_page = (before.address.value() ^ (begin + request.size - 1)) < kPage;
    return one_page ? static_cast<size_t>(begin - end) : kNoJoin;
  }

  static constexpr size_t kMaxGap = 1024;
  static constexpr size_t kNoJoin = SIZE_MAX;
  static constexpr uint64_t kPage = 4096;

  const int pid_;
  std::array<iovec, kMaxPieces> local_;
  std::array<iovec, kMaxPieces> remote_;
  std::array<size_t, kMaxPieces> gaps_;  // bytes between a request and the one before it
  std::array<uint8_t, kMaxGap> sink_;
};

class ProcMemMemory : public RemoteMemory {
 public:
  explicit ProcMemMemory(ScopedFd fd) : fd_(std::move(fd)) {}

  size_t ReadBatch(absl::Span<ReadRequest> requests) noexcept override {
    size_t complete = 0;
    for (ReadRequest& request : requests) {
      const ssize_t got = pread(fd_.get(), request.destination, request.size,
                                static_cast<off_t>(request.address.value()));
      request.done = got > 0 ? static_cast<size_t>(got) : 0;
      complete += request.complete();
    }
    return complete;
  }

 private:
  ScopedFd fd_;
};

}  // namespace

absl::Status PermissionError(int pid) {
  const Refusal refusal = WhyRefused(pid);
  return absl::PermissionDeniedError(
      absl::StrFormat("cannot read process %d: Operation not permitted (%s). What to do: %s", pid,
                      refusal.why, refusal.remedy.InOneLine()));
}

Refusal WhyRefused(int pid) {
  const ProcessFiles files(pid);
  GuardedProcess process{.pid = pid, .dumpable = files.Dumpable()};
  if (const absl::StatusOr<ProcessStatus> status = files.Status(); status.ok()) {
    process.user = status->user;
    process.capabilities = status->capabilities;
  }
  return ExplainRefusal(OwnPrivileges(), process);
}

absl::StatusOr<std::unique_ptr<RemoteMemory>> OpenProcessMemory(int pid) {
  // An address that is never mapped tells permission (EPERM) from presence (EFAULT).
  char byte = 0;
  const iovec local{&byte, 1};
  const iovec remote{reinterpret_cast<void*>(uint64_t{1}), 1};
  if (process_vm_readv(pid, &local, 1, &remote, 1, 0) < 0 && errno == ESRCH) {
    return ProcessFiles::NoSuchProcess(pid);
  }
  if (errno == EFAULT) return std::make_unique<ProcessVmMemory>(pid);
  ScopedFd fd(open(absl::StrCat("/proc/", pid, "/mem").c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.valid()) return std::make_unique<ProcMemMemory>(std::move(fd));
  return PermissionError(pid);
}

}  // namespace spyhop
