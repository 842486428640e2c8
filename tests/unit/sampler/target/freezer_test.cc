#include "sampler/target/freezer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace spyhop {
namespace {

// A folder like /sys/fs/cgroup.
class Freezer : public testing::Test {
 protected:
  void SetUp() override {
    root_ = testing::TempDir() + "spyhop-cgroup-" + std::to_string(getpid());
    std::filesystem::create_directories(root_);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_ + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text << "\n";
  }

  std::string root_;
};

TEST_F(Freezer, FindsTheGroupThatWasAskedToFreeze) {
  Write("/shop/cgroup.freeze", "1");
  Write("/shop/worker/cgroup.freeze", "0");
  const auto group = FindFrozenGroup("0::/shop/worker\n", root_);
  ASSERT_TRUE(group);
  EXPECT_EQ(group->control_file, root_ + "/shop/cgroup.freeze");
  EXPECT_EQ(group->thaw_word, "0");
}

TEST_F(Freezer, FindsThatOfVersionOneAndOfBoth) {
  Write("/freezer/shop/freezer.self_freezing", "1");
  const auto first = FindFrozenGroup("7:perf_event,freezer:/shop\n0::/\n", root_);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->control_file, root_ + "/freezer/shop/freezer.state");
  EXPECT_EQ(first->thaw_word, "THAWED");
  Write("/unified/shop/cgroup.freeze", "1");
  const auto second = FindFrozenGroup("5:cpu:/\n0::/shop\n", root_);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->control_file, root_ + "/unified/shop/cgroup.freeze");
}

TEST_F(Freezer, TellsNothingOfOneThatIsThawedOrElsewhere) {
  Write("/shop/cgroup.freeze", "0");
  Write("/x/cgroup.freeze", "1");
  for (const char* cgroups : {"0::/shop\n", "0::/\n", "", "0::/none\n", "0::/shop/../x\n",
                              "0::/../../x\n", "garbage\n:::\n0:\n"}) {
    EXPECT_FALSE(FindFrozenGroup(cgroups, root_)) << cgroups;
  }
}

}  // namespace
}  // namespace spyhop
