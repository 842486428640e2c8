#include "sampler/native_copy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "tests/unit/sampler/made_copy.h"

namespace spyhop {
namespace {

using ::testing::ElementsAre;

TEST(NativeCopy, BeginsWithTheRedZone) {
  NativeCopy copy;
  EXPECT_EQ(copy.Request(RemoteAddress(0x7fff'1800)).address, RemoteAddress(0x7fff'1780));
}

TEST(NativeCopy, LeavesTheRedZoneOutThatLiesOnAnotherPage) {
  NativeCopy copy;
  EXPECT_EQ(copy.Request(RemoteAddress(0x7fff'1040)).address, RemoteAddress(0x7fff'1000));
  EXPECT_EQ(copy.Request(RemoteAddress(0x7fff'1000)).address, RemoteAddress(0x7fff'1000));
}

TEST(NativeCopy, TellsWhatIsInUseFromTheRedZone) {
  constexpr RemoteAddress kStackPointer(0x7fff'1800);
  const std::array<uint8_t, 3> stack = {1, 2, 3};
  const NativeCopy copy =
      CopyOf<uint8_t>({RemoteAddress(0x1000), kStackPointer, {}, false, -1}, stack);
  EXPECT_THAT(copy.in_use(), ElementsAre(1, 2, 3));
  EXPECT_EQ(copy.stack().begin, RemoteAddress(0x7fff'1780));
}

TEST(NativeCopy, HoldsNothingInUseWhereOnlyTheRedZoneWasRead) {
  NativeCopy copy;
  ReadRequest request = copy.Request(RemoteAddress(0x7fff'1800));
  request.done = 40;
  copy.Settle({RemoteAddress(0x1000), RemoteAddress(0x7fff'1800), {}, false, -1}, request);
  EXPECT_THAT(copy.in_use(), ElementsAre());
}

TEST(NativeCopy, DoesNotAskForWhatLiesBehindTheStack) {
  constexpr RemoteAddress kStackPointer(0x7fff'1800);
  NativeCopy copy;
  ReadRequest request = copy.Request(kStackPointer);
  request.done = 256;
  copy.Settle({RemoteAddress(0x1000), kStackPointer, {}, false, -1}, request);
  EXPECT_EQ(copy.Request(kStackPointer).size, 256u);
}

}  // namespace
}  // namespace spyhop
