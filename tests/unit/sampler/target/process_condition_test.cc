#include "sampler/target/process_condition.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace spyhop {
namespace {

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
