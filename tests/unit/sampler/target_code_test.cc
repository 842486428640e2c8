#include "sampler/target_code.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

#include "tests/fakes/fake_memory.h"

namespace spyhop {
namespace {

class TargetCodeTest : public testing::Test {
 protected:
  // Is the address behind these bytes, which are preceded by NOPs, a return address?
  bool FollowsCall(std::initializer_list<uint8_t> code) {
    const RemoteAddress begin = next_;
    next_ = next_.Plus(64);
    memory_.Fill(begin, 32, 0x90);
    const RemoteAddress end = begin.Plus(32);
    const std::vector<uint8_t> bytes(code);
    memory_.SetBytes(RemoteAddress(end.value() - bytes.size()), bytes);
    return code_.IsReturnAddress(end);
  }

  FakeMemory memory_;
  TargetCode code_{memory_};
  RemoteAddress next_{0x10000};
};

TEST_F(TargetCodeTest, EveryFormOfCallIsFollowedByAReturnAddress) {
  EXPECT_TRUE(FollowsCall({0xE8, 0x10, 0x20, 0x30, 0x40})) << "call rel32";
  EXPECT_TRUE(FollowsCall({0xFF, 0xD0})) << "call *%rax";
  EXPECT_TRUE(FollowsCall({0x41, 0xFF, 0xD4})) << "call *%r12";
  EXPECT_TRUE(FollowsCall({0xFF, 0x50, 0x30})) << "call *0x30(%rax)";
  EXPECT_TRUE(FollowsCall({0xFF, 0x54, 0x24, 0x08})) << "call *0x8(%rsp)";
  EXPECT_TRUE(FollowsCall({0x41, 0xFF, 0x54, 0x24, 0x20})) << "call *0x20(%r12)";
  EXPECT_TRUE(FollowsCall({0xFF, 0x14, 0xC5, 0x10, 0x20, 0x30, 0x00})) << "call *x(,%rax,8)";
  EXPECT_TRUE(FollowsCall({0xFF, 0x14, 0xC8})) << "call *(%rax,%rcx,8)";
  EXPECT_TRUE(FollowsCall({0xFF, 0x15, 0x10, 0x20, 0x30, 0x00})) << "call *x(%rip)";
  EXPECT_TRUE(FollowsCall({0xFF, 0x90, 0x10, 0x01, 0x00, 0x00})) << "call *0x110(%rax)";
  EXPECT_TRUE(FollowsCall({0xFF, 0x94, 0x24, 0x10, 0x01, 0x00, 0x00})) << "call *0x110(%rsp)";
}

TEST_F(TargetCodeTest, WhatIsNoCallIsFollowedByNone) {
  EXPECT_FALSE(FollowsCall({0x90})) << "nop";
  EXPECT_FALSE(FollowsCall({0xE9, 0x10, 0x20, 0x30, 0x40})) << "jmp rel32";
  EXPECT_FALSE(FollowsCall({0xFF, 0xE0})) << "jmp *%rax: FF /4";
  EXPECT_FALSE(FollowsCall({0xFF, 0x25, 0x10, 0x20, 0x30, 0x00})) << "jmp *x(%rip)";
  EXPECT_FALSE(FollowsCall({0xFF, 0x70, 0x30})) << "push 0x30(%rax): FF /6";
  EXPECT_FALSE(FollowsCall({0xFF, 0xC0})) << "inc %eax: FF /0";
  EXPECT_FALSE(FollowsCall({0xFF, 0xD0, 0x90})) << "a call of two bytes and another one";
  EXPECT_FALSE(FollowsCall({0xFF, 0x54, 0x24})) << "a call that is not at its end";
  EXPECT_FALSE(FollowsCall({0xE8, 0x10, 0x20, 0x30, 0x40, 0x90})) << "one behind the call";
  EXPECT_FALSE(code_.IsReturnAddress(RemoteAddress(0x7fff0000))) << "not readable";
  EXPECT_FALSE(code_.IsReturnAddress(RemoteAddress(3)));
}

TEST_F(TargetCodeTest, ACallNamesWhatItCalls) {
  memory_.Fill(RemoteAddress(0x20000), 0x1000, 0x90);
  // call 0x20100; its return address is 0x20010.
  memory_.SetBytes(RemoteAddress(0x2000B), {0xE8, 0xF0, 0x00, 0x00, 0x00});
  EXPECT_EQ(code_.CalledBefore(RemoteAddress(0x20010)), RemoteAddress(0x20100));
  // call *0x20200(%rip)
  memory_.SetBytes(RemoteAddress(0x2001A), {0xFF, 0x15, 0xE0, 0x01, 0x00, 0x00});
  memory_.Set(RemoteAddress(0x20200), uint64_t{0x20300});
  EXPECT_EQ(code_.CalledBefore(RemoteAddress(0x20020)), RemoteAddress(0x20300));
  // call of a PLT entry at 0x20400: endbr64; bnd jmp *0x20200(%rip)
  memory_.SetBytes(RemoteAddress(0x2003B), {0xE8, 0xC0, 0x03, 0x00, 0x00});
  memory_.SetBytes(RemoteAddress(0x20400),
                   {0xF3, 0x0F, 0x1E, 0xFA, 0xF2, 0xFF, 0x25, 0xF5, 0xFD, 0xFF, 0xFF});
  EXPECT_EQ(code_.CalledBefore(RemoteAddress(0x20040)), RemoteAddress(0x20300));
  // call *%rax
  memory_.SetBytes(RemoteAddress(0x2004E), {0xFF, 0xD0});
  EXPECT_EQ(code_.CalledBefore(RemoteAddress(0x20050)), RemoteAddress());
  EXPECT_EQ(code_.CalledBefore(RemoteAddress(0x7fff0000)), RemoteAddress()) << "not readable";
}

TEST_F(TargetCodeTest, AFunctionMayBeLeftByAJump) {
  const AddressRange code = AddressRange::OfSize(RemoteAddress(0x30000), 32);
  memory_.Fill(code.begin(), 64, 0x90);
  // jmp 0x40000, behind the function.
  memory_.SetBytes(RemoteAddress(0x30020), {0xE9, 0xDB, 0xFF, 0x00, 0x00});
  EXPECT_FALSE(code_.JumpsTo(RemoteAddress(0x40000), code));
  const AddressRange longer = AddressRange::OfSize(RemoteAddress(0x30010), 32);
  EXPECT_TRUE(code_.JumpsTo(RemoteAddress(0x40000), longer));
  EXPECT_FALSE(code_.JumpsTo(RemoteAddress(0x40001), longer));
}

TEST_F(TargetCodeTest, AnInstructionIsReadOnce) {
  ASSERT_TRUE(FollowsCall({0xFF, 0xD0}));
  const RemoteAddress address(0x10000 + 32);
  memory_.ClearLog();
  EXPECT_TRUE(code_.IsReturnAddress(address));
  EXPECT_TRUE(memory_.log().empty());
}

}  // namespace
}  // namespace spyhop
