#include "cli/daemon/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "tests/daemon/made_fleet.h"

namespace spyhop {
namespace {

size_t Count(const std::string& text, const std::string& start) {
  size_t count = 0;
  for (const auto line : absl::StrSplit(text, '\n')) count += line.substr(0, start.size()) == start;
  return count;
}

TEST(Metrics, TellsOfEachTarget) {
  FakeFleet fleet;
  FillFleet(2, fleet);
  fleet.targets[0].problem = absl::NotFoundError("gone");
  const std::string text =
      MetricsText(fleet.figures, fleet.targets, {{.server = "http", .accepted = 3}});
  EXPECT_THAT(text, testing::HasSubstr("\nspyhop_target_samples_total{pid=\"1\",rule=\"web\"} 1800\n"));
  EXPECT_THAT(text, testing::HasSubstr("spyhop_target_failing{pid=\"1\",rule=\"web\"} 1\n"));
  EXPECT_THAT(text, testing::HasSubstr("spyhop_connections_total{server=\"http\"} 3\n"));
  EXPECT_THAT(text, testing::HasSubstr("spyhop_cpu_budget_ratio 0.01"));
}

TEST(Metrics, NamesCannotBreakTheFormat) {
  FakeFleet fleet;
  FillFleet(1, fleet);
  const std::string text = MetricsText(fleet.figures, fleet.targets, {});
  EXPECT_THAT(text, testing::HasSubstr("rule=\"a]\\n[b\\\"\""));
  EXPECT_THAT(text, testing::HasSubstr("label_service=\"a\\\"b\\\\c\\nd</td>\xEF\xBF\xBD\""));
}

TEST(Metrics, ManyTargetsAreAddedUp) {
  FakeFleet fleet;
  FillFleet(503, fleet);
  fleet.targets[0].since = absl::Now();  // the youngest
  fleet.targets[0].stopped_most = kSecond;
  const std::string text = MetricsText(fleet.figures, fleet.targets, {});
  EXPECT_EQ(Count(text, "spyhop_target_samples_total"), kMostTargetSeries + 1);
  EXPECT_EQ(Count(text, "spyhop_target_info"), kMostTargetSeries);
  EXPECT_THAT(text, testing::HasSubstr("samples_total{pid=\"other\",rule=\"\"} 5400\n"));
  EXPECT_THAT(text, testing::HasSubstr("longest_stop_seconds{pid=\"other\",rule=\"\"} 1\n"));
  EXPECT_THAT(text, testing::HasSubstr("\nspyhop_targets 503\n"));
}

}  // namespace
}  // namespace spyhop
