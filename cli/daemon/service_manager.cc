#include "cli/daemon/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/scoped_fd.h"

namespace spyhop {

ServiceManager::ServiceManager() {
  const char* const period = getenv("WATCHDOG_USEC");
  const char* const pid = getenv("WATCHDOG_PID");
  uint64_t microseconds = 0;
  int of = 0;
  if (period == nullptr || !absl::SimpleAtoi(period, &microseconds)) return;
  if (pid != nullptr && absl::SimpleAtoi(pid, &of) && of != getpid()) return;
  period_ = static_cast<Nanos>(microseconds / 2) * kMicrosecond;
}

void ServiceManager::Ready() const { Tell("READY=1"); }

// Type=notify-reload wants to know when, see systemd.service(5).
void ServiceManager::Reloading() const {
  Tell(absl::StrCat("RELOADING=1\nMONOTONIC_USEC=", MonotonicClock().Now() / kMicrosecond));
}

void ServiceManager::Stopping() const { Tell("STOPPING=1"); }

void ServiceManager::StayAlive(Nanos now) {
  if (period_ == 0 || now < next_) return;
  next_ = now + period_;
  Tell("WATCHDOG=1");
}

// An abstract socket's name begins with '@' here and with a zero byte in the kernel (unix(7)).
void ServiceManager::Tell(std::string_view message) const {
  const char* const path = getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  const size_t length = path == nullptr ? 0 : strlen(path);
  if (length < 2 || length >= sizeof(address.sun_path)) return;
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, path, length);
  if (path[0] == '@') address.sun_path[0] = 0;
  const ScopedFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  sendto(fd.get(), message.data(), message.size(), MSG_NOSIGNAL,
         reinterpret_cast<const sockaddr*>(&address), size);
}

}  // namespace spyhop
