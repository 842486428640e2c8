#include "cli/daemon/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/scoped_fd.h"

namespace spyhop {
namespace {

// An abstract socket, as systemd may use one.
class ServiceManagerTest : public testing::Test {
 protected:
  ServiceManagerTest() : name_("@spyhop-test-" + std::to_string(getpid())) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path + 1, name_.data() + 1, name_.size() - 1);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    EXPECT_EQ(bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    setenv("NOTIFY_SOCKET", name_.c_str(), 1);
  }
  ~ServiceManagerTest() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
  }

  std::string Heard() const {
    char text[200];
    const ssize_t length = recv(socket_.get(), text, sizeof(text), 0);
    return length < 0 ? "" : std::string(text, static_cast<size_t>(length));
  }

  const std::string name_;
  const ScopedFd socket_{socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)};
};

TEST_F(ServiceManagerTest, TellsHowTheDaemonIs) {
  ServiceManager manager;
  manager.Ready();
  EXPECT_EQ(Heard(), "READY=1");
  manager.Reloading();
  EXPECT_EQ(Heard().rfind("RELOADING=1\nMONOTONIC_USEC=", 0), 0u);
  manager.Stopping();
  EXPECT_EQ(Heard(), "STOPPING=1");
}

TEST_F(ServiceManagerTest, SendsTwoSignsOfLifeAPeriod) {
  setenv("WATCHDOG_USEC", "2000000", 1);
  ServiceManager manager;
  int signs = 0;
  for (Nanos now = kSecond; now < 11 * kSecond; now += kSecond / 2) {
    manager.StayAlive(now);
    if (Heard() == "WATCHDOG=1") ++signs;
  }
  EXPECT_EQ(signs, 10);
}

TEST_F(ServiceManagerTest, AWatchdogOfAnotherProcessIsNotFed) {
  setenv("WATCHDOG_USEC", "2000000", 1);
  setenv("WATCHDOG_PID", "1", 1);
  ServiceManager manager;
  manager.StayAlive(kSecond);
  EXPECT_EQ(Heard(), "");
}

TEST_F(ServiceManagerTest, WithoutSystemdNothingIsTold) {
  setenv("NOTIFY_SOCKET", "", 1);
  ServiceManager().Ready();
  EXPECT_EQ(Heard(), "");
}

}  // namespace
}  // namespace spyhop
