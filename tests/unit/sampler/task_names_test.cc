#include "sampler/task_names.h"

#include <gtest/gtest.h>

#include <string>

namespace spyhop {
namespace {

TEST(TaskNames, AreThoseThatTheProgramGave) {
  TaskNames names;
  EXPECT_EQ(names.LabelOf("worker-1", "work"), "[task worker-1]");
  EXPECT_EQ(names.LabelOf("", "work"), "[task work]");
}

TEST(TaskNames, AreNotTheNumbersThatTasksHaveElse) {
  TaskNames names;
  EXPECT_EQ(names.LabelOf("Task-17", "Server.handle"), "[task Server.handle]");
  EXPECT_EQ(names.LabelOf("Task-", "work"), "[task Task-]");
  EXPECT_EQ(names.LabelOf("Task-1b", "work"), "[task Task-1b]");
}

TEST(TaskNames, DoNotGrowWithoutEnd) {
  TaskNames names;
  for (size_t i = 0; i < kMaxTaskNames; ++i) names.LabelOf("request " + std::to_string(i), "work");
  EXPECT_EQ(names.LabelOf("one more", "work"), "[task work]");
  EXPECT_EQ(names.LabelOf("request 7", "work"), "[task request 7]");
}

}  // namespace
}  // namespace spyhop
