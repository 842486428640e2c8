// Owns a file descriptor; closes it once. Movable, not copyable.
#ifndef SPYHOP_BASE_SCOPED_FD_H_
#define SPYHOP_BASE_SCOPED_FD_H_

#include <unistd.h>

#include <utility>

namespace spyhop {

class ScopedFd {
 public:
  ScopedFd() = default;
  explicit ScopedFd(int fd) : fd_(fd) {}
  ScopedFd(ScopedFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ScopedFd& operator=(ScopedFd&& other) noexcept {
    if (this != &other) {
      Reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~ScopedFd() { Reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  void Reset() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

}  // namespace spyhop

#endif  // SPYHOP_BASE_SCOPED_FD_H_
