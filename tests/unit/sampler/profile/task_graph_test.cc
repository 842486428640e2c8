#include "sampler/profile/task_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spyhop {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Task i has the id i + 1.
std::vector<SnapshotTask> Tasks(const std::vector<std::vector<uint64_t>>& awaits) {
  std::vector<SnapshotTask> tasks(awaits.size());
  for (size_t i = 0; i < awaits.size(); ++i) {
    tasks[i].id = i + 1;
    tasks[i].awaits.tasks = awaits[i];
  }
  return tasks;
}

std::vector<std::string> Shape(const TaskGraph& graph) {
  std::vector<std::string> lines;
  for (const TaskGraph::Place& place : graph.Trees()) {
    lines.push_back(std::string(place.depth, '-') + std::to_string(place.task + 1) +
                    (place.seen ? "!" : ""));
  }
  return lines;
}

TEST(TaskGraph, GrowsTreesFromTheTasksThatNobodyAwaits) {
  const auto tasks = Tasks({{}, {1}, {2, 4}, {}, {}});
  const TaskGraph graph(tasks);
  EXPECT_THAT(Shape(graph), ElementsAre("3", "-2", "--1", "-4", "5"));
  EXPECT_THAT(graph.Cycles(), IsEmpty());
  EXPECT_THAT(graph.awaited_by(0), ElementsAre(1));
}

TEST(TaskGraph, PlacesATaskOfTwoAwaitersOnce) {
  EXPECT_THAT(Shape(TaskGraph(Tasks({{3}, {3}, {4}, {}}))),
              ElementsAre("1", "-3", "--4", "2", "-3!"));
}

TEST(TaskGraph, FindsARingAndShowsItFromItsFirstTask) {
  const auto tasks = Tasks({{}, {4}, {2}, {3}});
  const TaskGraph graph(tasks);
  EXPECT_THAT(graph.Cycles(), ElementsAre(ElementsAre(1, 3, 2)));
  EXPECT_THAT(Shape(graph), ElementsAre("1", "2", "-4", "--3", "---2!"));
}

TEST(TaskGraph, FindsTheShortestRingAmongThoseThatAwaitEachOther) {
  const auto tasks = Tasks({{2}, {3, 1}, {1}});
  EXPECT_THAT(TaskGraph(tasks).Cycles(), ElementsAre(ElementsAre(0, 1)));
}

TEST(TaskGraph, KnowsATaskThatAwaitsItself) {
  const auto tasks = Tasks({{1}});
  const TaskGraph graph(tasks);
  EXPECT_THAT(graph.Cycles(), ElementsAre(ElementsAre(0)));
  EXPECT_THAT(Shape(graph), ElementsAre("1", "-1!"));
}

TEST(TaskGraph, ShowsTasksBehindARingAndBeforeIt) {
  // 1 awaits the ring of 2 and 3, which awaits 4.
  EXPECT_THAT(Shape(TaskGraph(Tasks({{2}, {3}, {2, 4}, {}}))),
              ElementsAre("1", "-2", "--3", "---2!", "---4"));
}

TEST(TaskGraph, LeavesOutTasksThatAreNotThereAndCountsEachOnce) {
  const auto tasks = Tasks({{2, 2, 99}, {}});
  const TaskGraph graph(tasks);
  EXPECT_THAT(graph.awaits(0), ElementsAre(1));
}

TEST(TaskGraph, HoldsAChainOfEveryTask) {
  constexpr uint64_t kMany = 100'000;
  std::vector<std::vector<uint64_t>> awaits(kMany);
  for (uint64_t i = 0; i < kMany; ++i) awaits[i] = {(i + 1) % kMany + 1};
  const auto tasks = Tasks(awaits);
  const TaskGraph graph(tasks);
  ASSERT_EQ(graph.Cycles().size(), 1);
  EXPECT_EQ(graph.Cycles()[0].size(), kMany);
  EXPECT_EQ(graph.Trees().size(), kMany + 1);
}

}  // namespace
}  // namespace spyhop
