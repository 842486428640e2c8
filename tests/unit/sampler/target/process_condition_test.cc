#include "sampler/target/process_condition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace spyhop {
namespace {

std::vector<std::string> PathsOf(std::string_view text) {
  std::vector<std::string> paths;
  for (const FreezerFolder& folder : ParseFreezers(text)) {
    paths.push_back((folder.is_v2 ? "v2 " : "v1 ") + folder.path);
  }
  return paths;
}

TEST(ParseFreezers, TakesTheUnifiedHierarchyAndV1sFreezer) {
  EXPECT_THAT(PathsOf("12:cpu,cpuacct:/a\n7:perf_event,freezer:/docker/0a\n0::/system.slice/x:y\n"),
              testing::ElementsAre("v1 /docker/0a", "v2 /system.slice/x:y"));
}

TEST(ParseFreezers, LeavesOutFoldersThatItsNamespaceDoesNotShow) {
  EXPECT_THAT(PathsOf("0::/../../other\n"), testing::IsEmpty());
  EXPECT_THAT(PathsOf("garbage\n:::\n0:\n"), testing::IsEmpty());
}

TEST(ProcessCondition, SaysWhatHoldsTheProcessAndHowToLetItGo) {
  EXPECT_EQ(ProcessCondition{}.Describe(12), "");
  EXPECT_EQ(ProcessCondition{.stopped = true}.Describe(12),
            "stopped by a signal (kill -CONT 12 lets it go on)");
  const ProcessCondition both = {
      .tracer = 7, .tracer_name = "gdb", .trace_stop = true, .frozen = true};
  EXPECT_EQ(both.Describe(12),
            "stopped in the hands of process 7 (gdb), which traces it; in a frozen cgroup");
}

TEST(ProcessCondition, OfAProcessThatRunsIsNothing) {
  const ProcessCondition own = ConditionOf(ProcessFiles(getpid()));
  EXPECT_FALSE(own.held());
}

}  // namespace
}  // namespace spyhop
