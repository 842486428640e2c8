#include "cli/daemon/recent_parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spyhop {
namespace {

FleetPart Part(int pid, Nanos length) {
  auto profile = std::make_shared<Profile>();
  profile->set_duration(length);
  FleetPart part;
  part.target.info.pid = pid;
  part.profile = profile;
  return part;
}

TEST(RecentParts, TheLatestThatSpanALength) {
  RecentParts recent;
  for (int i = 1; i <= 5; ++i) {
    recent.Add(Part(7, i * kSecond), i * kSecond);
    recent.Add(Part(8, kSecond), i * kSecond);
  }
  const auto latest = recent.Latest(7, 9 * kSecond);
  ASSERT_EQ(latest.size(), 2u);
  EXPECT_EQ(latest[0].profile->duration(), 4 * kSecond) << "in order of time";
  EXPECT_EQ(recent.Latest(std::nullopt, 2 * kSecond).size(), 3u) << "of each";
  EXPECT_TRUE(recent.Latest(9, kSecond).empty());
}

TEST(RecentParts, LetsGoOfTheOld) {
  RecentParts recent;
  recent.Add(Part(7, kSecond), 0);
  recent.Add(Part(7, kSecond), RecentParts::kLongest + kSecond);
  EXPECT_EQ(recent.Latest(7, kSecond * 100).size(), 1u);
}

TEST(RecentParts, KeepsNoneWhileToldSo) {
  RecentParts recent;
  recent.Add(Part(7, kSecond), 0);
  recent.set_keeps(false);
  recent.Add(Part(7, kSecond), 0);
  EXPECT_TRUE(recent.Latest(7, kSecond).empty());
  recent.set_keeps(true);
  recent.Add(Part(7, kSecond), 0);
  EXPECT_EQ(recent.Latest(7, kSecond).size(), 1u);
}

}  // namespace
}  // namespace spyhop
