#include "sampler/wait_reason.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/fakes/fake_memory.h"

namespace spyhop {
namespace {

constexpr RemoteAddress kData{0x7f0000001000};
constexpr RemoteAddress kMore{0x7f0000003000};

// Descriptors are those of this test, memory is fake.
class WaitReasonsTest : public testing::Test {
 protected:
  void SetUp() override {
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    read_end_ = ScopedFd(ends[0]);
    write_end_ = ScopedFd(ends[1]);
    null_ = ScopedFd(open("/dev/null", O_RDWR | O_CLOEXEC));
  }

  WaitVerdict Tell(int number, std::array<uint64_t, 6> arguments,
                   const std::vector<WaitFrame>& frames = {{"/srv/app/main.py", "f"}}) {
    SyscallState call;
    call.running = false;
    call.number = number;
    call.arguments = arguments;
    call.stack_pointer = kMore;
    return reasons_.Tell(call, frames, /*main_thread=*/true, 0);
  }
  std::string ReasonOf(int number, std::array<uint64_t, 6> arguments) {
    return Tell(number, arguments).reason;
  }
  uint64_t read_end() const { return static_cast<uint64_t>(read_end_.get()); }
  uint64_t null() const { return static_cast<uint64_t>(null_.get()); }

  FakeMemory memory_;
  WaitReasons reasons_{getpid(), memory_};
  ScopedFd read_end_;
  ScopedFd write_end_;
  ScopedFd null_;
};

TEST_F(WaitReasonsTest, NamesTheCallAndItsDescriptor) {
  EXPECT_EQ(ReasonOf(SYS_read, {read_end()}), "read pipe");
  EXPECT_EQ(ReasonOf(SYS_pwrite64, {null()}), "write /dev/null");
  EXPECT_EQ(ReasonOf(SYS_fsync, {null()}), "fsync /dev/null");
  EXPECT_EQ(ReasonOf(SYS_recvfrom, {1 << 20}), "recv descriptor 1048576");
  EXPECT_EQ(ReasonOf(SYS_fcntl, {null(), F_SETLKW}), "lockf /dev/null");
  EXPECT_EQ(ReasonOf(SYS_getrandom, {}), "getrandom");
}

TEST_F(WaitReasonsTest, ReadsAPollSetAndCountsTheRest) {
  const std::array<pollfd, 3> set = {{{read_end_.get(), POLLIN, 0}, {null_.get(), POLLIN, 0}}};
  memory_.Set(kData, set);
  EXPECT_EQ(ReasonOf(SYS_poll, {kData.value(), 1}), "poll pipe");
  EXPECT_EQ(ReasonOf(SYS_ppoll, {kData.value(), 3}), "poll pipe and 2 more");
  EXPECT_EQ(ReasonOf(SYS_poll, {kData.value(), ~0ULL}).substr(0, 9), "poll pipe") << "hostile";
  EXPECT_EQ(ReasonOf(SYS_poll, {1, 3}), "poll") << "not readable";
}

TEST_F(WaitReasonsTest, ReadsAllSetsOfASelect) {
  fd_set reading;
  fd_set writing;
  FD_ZERO(&reading);
  FD_ZERO(&writing);
  FD_SET(null_.get(), &reading);
  FD_SET(read_end_.get(), &writing);
  memory_.Set(kData, reading);
  memory_.Set(kMore, writing);
  const uint64_t end = null() + 1;
  EXPECT_EQ(ReasonOf(SYS_select, {end, kData.value(), kMore.value()}), "select pipe and 1 more");
  EXPECT_EQ(ReasonOf(SYS_pselect6, {end, kData.value()}), "select /dev/null");
}

TEST_F(WaitReasonsTest, CallsAWaitForNothingASleep) {
  EXPECT_EQ(ReasonOf(SYS_pselect6, {0, 0, 0, 0}), "sleep");
  EXPECT_EQ(ReasonOf(SYS_poll, {0, 0, 1000}), "sleep");
  EXPECT_EQ(ReasonOf(SYS_clock_nanosleep, {1, 1, kData.value()}), "sleep");
  EXPECT_EQ(ReasonOf(SYS_restart_syscall, {1, 0, kData.value()}), "sleep");
}

TEST_F(WaitReasonsTest, NamesChildrenByPid) {
  EXPECT_EQ(ReasonOf(SYS_wait4, {1234}), "child 1234");
  EXPECT_EQ(ReasonOf(SYS_wait4, {0xffffffff}), "any child");
  EXPECT_EQ(ReasonOf(SYS_wait4, {static_cast<uint64_t>(-77)}), "child of group 77");
  EXPECT_EQ(ReasonOf(SYS_waitid, {P_PID, 1234}), "child 1234");
  EXPECT_EQ(ReasonOf(SYS_waitid, {P_ALL, 0}), "any child");
  for (uint64_t pid = 1; pid < 2000; ++pid) ReasonOf(SYS_wait4, {pid});
  EXPECT_EQ(ReasonOf(SYS_wait4, {5000}), "child") << "so many texts are enough";
  EXPECT_EQ(ReasonOf(SYS_wait4, {1234}), "child 1234");
}

TEST_F(WaitReasonsTest, ReadsWhereAConnectGoes) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(5432);
  inet_pton(AF_INET, "10.0.0.5", &address.sin_addr);
  memory_.Set(kData, address);
  EXPECT_EQ(ReasonOf(SYS_connect, {read_end(), kData.value(), sizeof(address)}),
            "connect socket 10.0.0.5:5432");
  EXPECT_EQ(ReasonOf(SYS_connect, {read_end(), 1, sizeof(address)}), "connect pipe");
}

TEST_F(WaitReasonsTest, ReadsThePathOfAnOpen) {
  memory_.SetText(kData, std::string_view("/dev/null\0", 10));
  const auto folder = static_cast<uint64_t>(AT_FDCWD);
  EXPECT_EQ(ReasonOf(SYS_openat, {folder, kData.value()}), "open /dev/null");
  EXPECT_EQ(ReasonOf(SYS_open, {kData.value()}), "open /dev/null");
  EXPECT_EQ(ReasonOf(SYS_openat, {folder, 1}), "open");
}

TEST_F(WaitReasonsTest, NamesLocksByTheirFrames) {
  const std::vector<WaitFrame> event = {{"/usr/lib/python3.8/threading.py", "wait"},
                                        {"/usr/lib/python3.8/threading.py", "wait"},
                                        {"/srv/app/main.py", "f"}};
  EXPECT_EQ(Tell(SYS_futex, {kData.value(), 0x189}, event).reason, "threading.Event");
  EXPECT_EQ(Tell(SYS_pselect6, {0}, event).reason, "threading.Event") << "2.7 sleeps in turn";
  EXPECT_EQ(Tell(SYS_read, {read_end()}, event).reason, "read pipe");
  EXPECT_EQ(ReasonOf(SYS_futex, {kData.value(), 0x189}), "futex lock");
  EXPECT_EQ(ReasonOf(SYS_futex, {kData.value(), 0x109}), "futex multiprocessing lock");
}

TEST_F(WaitReasonsTest, IsIdleWhereAPollIsForListenersOnly) {
  const ScopedFd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(listen(listener.get(), 1), 0);
  const std::array<pollfd, 2> set = {{{listener.get(), POLLIN, 0}, {read_end_.get(), POLLIN, 0}}};
  memory_.Set(kData, set);
  EXPECT_EQ(Tell(SYS_poll, {kData.value(), 1}).time_class, TimeClass::kIdle);
  EXPECT_EQ(Tell(SYS_poll, {kData.value(), 2}).time_class, TimeClass::kWait);
}

TEST_F(WaitReasonsTest, MakesNoEndlessNumberOfTexts) {
  for (uint64_t fd = 1 << 20; fd < (1 << 20) + 3000; ++fd) ReasonOf(SYS_recvfrom, {fd});
  EXPECT_EQ(ReasonOf(SYS_recvfrom, {1 << 21}), "recv descriptor");
  EXPECT_EQ(ReasonOf(SYS_recvfrom, {1 << 20}), "recv descriptor 1048576") << "known before";
}

}  // namespace
}  // namespace spyhop
