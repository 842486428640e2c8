#include "cli/daemon/push_targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spyhop {
namespace {

using testing::HasSubstr;

const PushTarget kOne{.name = "one", .url = "http://127.0.0.1:9"};
const PushTarget kTwo{.name = "two", .url = "http://127.0.0.1:9"};

TEST(PushTargets, GoOnWhenTheirSectionsStay) {
  const Pushers before = *OpenPushers({kOne, kTwo});
  PushTarget changed = kOne;
  changed.headers.emplace_back("X", "y");
  const Pushers after = *OpenPushers({kTwo, changed}, before);
  ASSERT_EQ(after.size(), size_t{2});
  EXPECT_EQ(after[0], before[1]);
  EXPECT_NE(after[1], before[0]);
  EXPECT_THAT(PushMetrics(after), HasSubstr("spyhop_push_sent_total{target=\"two\"} 0\n"));
}

TEST(PushTargets, SayWhichSectionIsWrong) {
  const absl::Status status = OpenPushers({kOne, {.name = "x", .url = "http://a:b@c"}}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("[push x]: 'http://a:b@c' is no address"));
}

}  // namespace
}  // namespace spyhop
