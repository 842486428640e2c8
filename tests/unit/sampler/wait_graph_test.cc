#include "sampler/wait_graph.h"

#include <gtest/gtest.h>

namespace spyhop {
namespace {

using Cycles = std::vector<std::vector<int>>;

TEST(WaitGraph, HasNoCycleWithoutWaits) { EXPECT_EQ(WaitGraph().Cycles(), Cycles()); }

TEST(WaitGraph, AChainIsNoCycle) {
  WaitGraph graph;
  graph.Add(1, 2);
  graph.Add(2, 3);
  graph.Add(4, 3);
  EXPECT_EQ(graph.Cycles(), Cycles());
}

TEST(WaitGraph, NamesACycleOnceFromItsLowestThreadOn) {
  WaitGraph graph;
  graph.Add(9, 3);
  graph.Add(3, 7);
  graph.Add(7, 9);
  EXPECT_EQ(graph.Cycles(), (Cycles{{3, 7, 9}}));
}

TEST(WaitGraph, AThreadCanWaitForItself) {
  WaitGraph graph;
  graph.Add(5, 5);
  graph.Add(6, 5);
  EXPECT_EQ(graph.Cycles(), (Cycles{{5}}));
}

TEST(WaitGraph, ThoseThatWaitForACycleAreNotPartOfIt) {
  WaitGraph graph;
  graph.Add(1, 10);
  graph.Add(2, 1);
  graph.Add(3, 11);
  graph.Add(10, 11);
  graph.Add(11, 10);
  EXPECT_EQ(graph.Cycles(), (Cycles{{10, 11}}));
}

TEST(WaitGraph, FindsAllCyclesInTheOrderOfTheirThreads) {
  WaitGraph graph;
  for (int i = 0; i < 300; i += 3) {
    graph.Add(i + 2, i);
    graph.Add(i, i + 1);
    graph.Add(i + 1, i + 2);
  }
  const Cycles cycles = graph.Cycles();
  ASSERT_EQ(cycles.size(), 100U);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(cycles[static_cast<size_t>(i)], (std::vector<int>{3 * i, 3 * i + 1, 3 * i + 2}));
  }
}

TEST(WaitGraph, FollowsALongChainIntoItsCycle) {
  WaitGraph graph;
  for (int i = 0; i < 10'000; ++i) graph.Add(i, i + 1);
  graph.Add(10'000, 9'998);
  EXPECT_EQ(graph.Cycles(), (Cycles{{9'998, 9'999, 10'000}}));
}

TEST(WaitGraph, AWaitersLastWordCounts) {
  WaitGraph graph;
  graph.Add(1, 2);
  graph.Add(2, 1);
  graph.Add(2, 3);
  EXPECT_EQ(graph.Cycles(), Cycles());
}

}  // namespace
}  // namespace spyhop
