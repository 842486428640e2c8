#include "sampler/profile/snapshot_series.h"

#include <gtest/gtest.h>

namespace spyhop {
namespace {

Snapshot At(int second, std::vector<SnapshotThread> threads) {
  Snapshot snapshot;
  snapshot.target.pid = 7;
  snapshot.start_time = 100;
  snapshot.time = absl::FromUnixSeconds(second);
  snapshot.threads = std::move(threads);
  return snapshot;
}

SnapshotThread Thread(int tid, int line, Nanos cpu_time = 0, uint64_t slices = 1) {
  return {.tid = tid,
          .cpu_time = cpu_time,
          .slices = slices,
          .frames = {{.file = "a.py", .function = "f", .line = line}}};
}

TEST(SnapshotSeries, TellsThreadsThatMovedFromThoseThatDidNot) {
  SnapshotSeries series;
  series.Add(At(1, {Thread(7, 1), Thread(8, 1), Thread(9, 1)}));
  series.Add(At(2, {Thread(7, 1), Thread(8, 2, 5, 2), Thread(9, 1, kSecond, 2)}));
  series.Add(At(3, {Thread(7, 1), Thread(8, 1, 9, 3), Thread(9, 1, 2 * kSecond, 2)}));
  EXPECT_EQ(series.snapshots(), 3u);
  EXPECT_EQ(series.duration(), absl::Seconds(2));
  const auto threads = series.threads();
  ASSERT_EQ(threads.size(), 3u);
  EXPECT_FALSE(threads[0]->moved());
  EXPECT_FALSE(threads[0]->ran());
  EXPECT_TRUE(threads[1]->moved());
  EXPECT_TRUE(threads[1]->ran());
  EXPECT_FALSE(threads[2]->moved());
  EXPECT_TRUE(threads[2]->ran());
  EXPECT_EQ(threads[2]->cpu_time(), 2 * kSecond);
}

TEST(SnapshotSeries, KeepsThreadsThatHaveEnded) {
  SnapshotSeries series;
  series.Add(At(1, {Thread(7, 1), Thread(8, 1)}));
  series.Add(At(2, {Thread(9, 1), Thread(7, 1)}));
  const auto threads = series.threads();
  ASSERT_EQ(threads.size(), 3u);
  EXPECT_EQ(threads[0]->last.tid, 9);
  EXPECT_EQ(threads[1]->last.tid, 7);
  EXPECT_EQ(threads[2]->last.tid, 8);
  EXPECT_EQ(threads[1]->seen, 2u);
  EXPECT_EQ(threads[2]->seen, 1u);
}

TEST(SnapshotSeries, StartsAnewWithAnotherThreadUnderTheSameTid) {
  SnapshotSeries series;
  series.Add(At(1, {Thread(7, 1), Thread(8, 1, 50, 50)}));
  series.Add(At(2, {Thread(7, 1), Thread(8, 2, 5, 2)}));
  const auto threads = series.threads();
  EXPECT_EQ(threads[1]->seen, 1u);
  EXPECT_FALSE(threads[1]->moved());
}

TEST(SnapshotSeries, StartsAnewWithAnotherProcessUnderTheSamePid) {
  SnapshotSeries series;
  series.Add(At(1, {Thread(7, 1)}));
  Snapshot other = At(5, {Thread(7, 2)});
  other.start_time = 200;
  series.Add(other);
  EXPECT_EQ(series.snapshots(), 1u);
  EXPECT_EQ(series.duration(), absl::ZeroDuration());
}

TEST(SnapshotSeries, BoundsTheStacksItTellsApart) {
  SnapshotSeries series;
  for (int line = 1; line <= 5000; ++line) series.Add(At(line, {Thread(7, line)}));
  EXPECT_EQ(series.threads()[0]->stacks.size(), SnapshotSeries::kMaxStacks);
  EXPECT_EQ(series.threads()[0]->seen, 5000u);
}

}  // namespace
}  // namespace spyhop
