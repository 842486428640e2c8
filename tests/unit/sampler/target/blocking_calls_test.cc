#include "sampler/target/blocking_calls.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <string_view>

namespace spyhop {
namespace {

SyscallState Call(int number, std::array<uint64_t, 6> arguments = {}) {
  SyscallState call;
  call.running = false;
  call.number = number;
  call.arguments = arguments;
  return call;
}

int Restarted(std::array<uint64_t, 6> arguments) {
  return UndoRestart(Call(SYS_restart_syscall, arguments)).number;
}

TEST(FindBlockingCall, GivesVariantsOneName) {
  EXPECT_STREQ(FindBlockingCall(SYS_recvfrom).name, "recv");
  EXPECT_STREQ(FindBlockingCall(SYS_recvmsg).name, "recv");
  EXPECT_STREQ(FindBlockingCall(SYS_epoll_pwait).name, "epoll_wait");
  EXPECT_STREQ(FindBlockingCall(SYS_pselect6).name, "select");
  EXPECT_EQ(FindBlockingCall(SYS_getpid).object, CallObject::kNone);
  EXPECT_EQ(FindBlockingCall(-1).object, CallObject::kNone);
}

// Captured from CPython 3.8 and 3.13 after SIGSTOP and SIGCONT.
TEST(UndoRestart, TellsTheFourCallsByTheirArguments) {
  EXPECT_EQ(Restarted({0x7fe2cc001010, 0x189, 0, 0x7fe2d3ffdf40}), SYS_futex);
  EXPECT_EQ(Restarted({0x7f0db8000dc0, 0x89, 0, 0x7f0dc608fb00}), SYS_futex);
  EXPECT_EQ(Restarted({0x7f0db8000dc0, 0x109, 0, 0x7f0dc608fb00}), SYS_futex);
  EXPECT_EQ(Restarted({0x7fe2d8c60d20, 1, 0x186a0, 0x7fe2d8af9190}), SYS_poll);
  EXPECT_EQ(Restarted({1, 0, 0x7ffd74c80f10, 0}), SYS_clock_nanosleep);
  EXPECT_EQ(Restarted({0, 1, 0x7ffd74c80f10, 0}), SYS_clock_nanosleep) << "CLOCK_REALTIME";
  EXPECT_EQ(Restarted({0x7ffd74c80f10, 0x7ffd74c80f10, 0, 0}), SYS_clock_nanosleep);
}

TEST(UndoRestart, LeavesOtherCallsAlone) {
  EXPECT_EQ(UndoRestart(Call(SYS_read, {3})).number, SYS_read);
}

TEST(IsSharedFutex, GoesByThePrivateFlag) {
  EXPECT_TRUE(IsSharedFutex(Call(SYS_futex, {0x7f00, 0x109})));
  EXPECT_FALSE(IsSharedFutex(Call(SYS_futex, {0x7f00, 0x189})));
  EXPECT_FALSE(IsSharedFutex(Call(SYS_read, {0x7f00, 0x109})));
}

TEST(HasTimeout, IsAMatterOfTheFourthArgumentOfAFutex) {
  EXPECT_FALSE(HasTimeout(Call(SYS_futex, {0x7f00, 0x189, 0, 0})));
  EXPECT_TRUE(HasTimeout(Call(SYS_futex, {0x7f00, 0x189, 0, 0x7fe2d3ffdf40})));
}

}  // namespace
}  // namespace spyhop
