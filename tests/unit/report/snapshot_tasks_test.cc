#include "report/snapshot_tasks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include "report/json_snapshot.h"

namespace spyhop {
namespace {

SnapshotTask Task(uint64_t id, const std::string& name, const std::string& function,
                  SnapshotAwait awaits) {
  return {.id = id,
          .loop = 0x100,
          .name = name,
          .frames = {{.file = "app.py", .function = function, .line = 3}},
          .awaits = std::move(awaits)};
}

Snapshot WithTasks(std::vector<SnapshotTask> tasks) {
  Snapshot snapshot;
  snapshot.threads.push_back({.tid = 7, .name = "Main\x1b"});
  snapshot.tasks.loops.push_back({0x100, 7, false});
  snapshot.tasks.tasks = std::move(tasks);
  return snapshot;
}

std::string Text(const Snapshot& snapshot) {
  StringSink sink;
  WriteTextTasks(snapshot, {}, sink);
  return sink.text();
}

SnapshotAwait Sleep() { return {AwaitKind::kSleep, "sleep", {}}; }

TEST(TextTasks, SaysNothingWithoutAsyncio) { EXPECT_EQ(Text(Snapshot()), ""); }

TEST(TextTasks, ShowsWhoAwaitsWhomAsATree) {
  const Snapshot snapshot =
      WithTasks({Task(1, "root", "main", {AwaitKind::kGather, "gather", {2, 3}}),
                 Task(2, "a\n", "work", Sleep()),
                 Task(3, "", "work", {AwaitKind::kFuture, "Queue.get", {}})});
  EXPECT_EQ(Text(snapshot),
            "\nTasks of the event loop in thread 7 \"Main\\x1b\": 3\n"
            "  Task \"root\": waiting for \"a\\n\", work at 0x3 (gather)\n"
            "      main (app.py:3)\n"
            "    Task \"a\\n\": waiting (sleep)\n"
            "        work (app.py:3)\n"
            "    Task work at 0x3: waiting (Queue.get)\n"
            "        work (app.py:3)\n");
}

TEST(TextTasks, NamesACycle) {
  const Snapshot snapshot = WithTasks({Task(1, "A", "f", {AwaitKind::kTask, "", {2}}),
                                       Task(2, "B", "f", {AwaitKind::kTask, "", {1}})});
  EXPECT_EQ(Text(snapshot),
            "\nTasks of the event loop in thread 7 \"Main\\x1b\": 2\n"
            "  Task cycle: \"A\" -> \"B\" -> \"A\"\n"
            "  Task \"A\": waiting for \"B\"\n"
            "      f (app.py:3)\n"
            "    Task \"B\": waiting for \"A\"\n"
            "        f (app.py:3)\n"
            "      Task \"A\": see there\n");
}

TEST(TextTasks, ShowsTasksThatAreAlikeOnce) {
  std::vector<SnapshotTask> tasks = {Task(1, "other", "main", Sleep())};
  for (uint64_t i = 2; i < 12; ++i)
    tasks.push_back(Task(i, "t" + std::to_string(i), "work", Sleep()));
  Snapshot snapshot = WithTasks(std::move(tasks));
  snapshot.tasks.left_out = 5;
  snapshot.tasks.loops[0].changed = true;
  EXPECT_EQ(Text(snapshot),
            "\nTasks of the event loop in thread 7 \"Main\\x1b\": 11, changed while it was read\n"
            "  Task \"other\": waiting (sleep)\n"
            "      main (app.py:3)\n"
            "  10 tasks \"t2\", \"t3\", \"t4\" and 7 more: waiting (sleep)\n"
            "      work (app.py:3)\n"
            "\n(5 more tasks of asyncio left out: there are too many to read)\n");
}

TEST(JsonTasks, TellsTasksAndCycles) {
  StringSink sink;
  WriteJsonSnapshot(WithTasks({Task(0x10, "A", "f", {AwaitKind::kTask, "", {0x20}}),
                               Task(0x20, "B", "f", {AwaitKind::kTask, "", {0x10}})}),
                    sink);
  rapidjson::Document json;
  ASSERT_FALSE(json.Parse(sink.text().c_str()).HasParseError()) << sink.text();
  ASSERT_EQ(json["tasks"].Size(), 2);
  const auto& task = json["tasks"][0];
  EXPECT_STREQ(task["id"].GetString(), "0x10");
  EXPECT_STREQ(task["state"].GetString(), "waiting");
  EXPECT_EQ(task["tid"].GetInt(), 7);
  EXPECT_STREQ(task["awaits"]["tasks"][0].GetString(), "0x20");
  EXPECT_STREQ(task["awaited_by"][0].GetString(), "0x20");
  EXPECT_STREQ(task["frames"][0]["function"].GetString(), "f");
  ASSERT_EQ(json["task_cycles"].Size(), 1);
  EXPECT_STREQ(json["task_cycles"][0][1].GetString(), "0x20");
}

TEST(JsonTasks, HasNoTasksWithoutAsyncio) {
  StringSink sink;
  WriteJsonSnapshot(Snapshot(), sink);
  rapidjson::Document json;
  ASSERT_FALSE(json.Parse(sink.text().c_str()).HasParseError());
  EXPECT_EQ(json["tasks"].Size(), 0);
  EXPECT_EQ(json["task_cycles"].Size(), 0);
  EXPECT_FALSE(json.HasMember("tasks_left_out"));
}

}  // namespace
}  // namespace spyhop
