#include "cli/daemon/live_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "tests/daemon/made_fleet.h"

namespace spyhop {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(LivePage, ShowsTargetsAndTheirTopLines) {
  FakeFleet fleet;
  FillFleet(2, fleet);
  const FleetState state{fleet.figures, fleet.targets, absl::Now()};
  const HttpReply page = LivePage(state, {{fleet.targets[0], fleet.Recent(1, kLiveSpan)}});
  EXPECT_THAT(page.body, HasSubstr("2 processes watched"));
  EXPECT_THAT(page.body, HasSubstr("href=\"/profile?pid=1\""));
  EXPECT_THAT(page.body, HasSubstr("<code>work (/srv/app.py:10)</code>"));
  EXPECT_THAT(page.body, HasSubstr("and 1 more"));
}

TEST(LivePage, NamesCannotBecomeMarkup) {
  FakeFleet fleet;
  FillFleet(1, fleet);
  const FleetState state{fleet.figures, fleet.targets, absl::Now()};
  const HttpReply page = LivePage(state, {{fleet.targets[0], fleet.Recent(1, kLiveSpan)}});
  EXPECT_THAT(page.body, Not(HasSubstr("<script")));
  EXPECT_THAT(page.body, HasSubstr("&lt;script&gt;alert(1)"));
  EXPECT_THAT(page.body, Not(HasSubstr("\x1b")));
  EXPECT_THAT(PprofIndex(fleet.targets).body, Not(HasSubstr("<script")));
}

TEST(LivePage, AThreadOfSeveralPartsIsOneRow) {
  FakeFleet fleet;
  FillFleet(2, fleet);
  std::vector<FleetPart> parts = fleet.Recent(1, kLiveSpan);
  const auto mentions = [&parts] {
    const std::vector<std::string> pieces =
        absl::StrSplit(ProfilePage(1, parts).body, "\"Thread-2\"");
    return pieces.size() - 1;
  };
  const size_t once = mentions();
  EXPECT_GT(once, 0u);
  parts.push_back(parts[0]);
  EXPECT_EQ(mentions(), once);
}

TEST(LivePage, WithoutSamplesThereIsNoProfile) {
  EXPECT_EQ(ProfilePage(1, {}).status, 404);
  EXPECT_EQ(ProfilePage(1, {{MadeTarget(1), std::make_shared<const Profile>()}}).status, 404);
}

}  // namespace
}  // namespace spyhop
