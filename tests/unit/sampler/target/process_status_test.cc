#include "sampler/target/process_status.h"

#include <gtest/gtest.h>

namespace spyhop {
namespace {

TEST(ParseStatus, ReadsIdsAndCapabilities) {
  const auto status = ParseStatus(
      "Name:\tsudo\nTgid:\t7\nPid:\t7\nUid:\t1000\t0\t0\t0\nGid:\t100\t100\t100\t100\n"
      "CapInh:\t0000000000000000\nCapPrm:\t0000000000080000\nCapEff:\t0000000000000000\n"
      "CapBnd:\t000001ffffffffff\nNoNewPrivs:\t1\nSeccomp:\t2\n");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->user, (Ids{1000, 0, 0}));
  EXPECT_FALSE(status->user.AllEqual(1000));
  EXPECT_TRUE(status->group.AllEqual(100));
  EXPECT_TRUE(HasSysPtrace(status->capabilities.permitted));
  EXPECT_FALSE(HasSysPtrace(status->capabilities.effective));
  EXPECT_TRUE(HasSysPtrace(status->capabilities.bounding));
  EXPECT_TRUE(status->no_new_privileges);
  EXPECT_EQ(status->seccomp_mode, 2);
}

TEST(ParseStatus, OfAnOldKernelHasEveryCapabilityInItsBounds) {
  const auto status = ParseStatus("Pid:\t7\nUid:\t1\t1\t1\t1\n");
  ASSERT_TRUE(status);
  EXPECT_TRUE(HasSysPtrace(status->capabilities.bounding));
  EXPECT_FALSE(status->no_new_privileges);
}

TEST(ParseStatus, RefusesWhatMakesNoSense) {
  for (const char* line : {"Uid:\t1 2", "CapEff:\tzz", "Seccomp:\tx", "NSpid:\t1\ty"}) {
    EXPECT_FALSE(ParseStatus(std::string("Pid:\t7\n") + line + "\n")) << line;
  }
}

}  // namespace
}  // namespace spyhop
