#include <gtest/gtest.h>

#include "report/json_snapshot_series.h"
#include "report/text_snapshot_series.h"

namespace spyhop {
namespace {

SnapshotThread Sleeper(int tid, std::string name) {
  return {.tid = tid,
          .name = std::move(name),
          .time_class = TimeClass::kWait,
          .wait_reason = "sleep\n",
          .slices = 3,
          .frames = {{.file = "/a.py", .function = "nap", .line = 4},
                     {.file = "/a.py", .function = "run", .line = 9}}};
}

SnapshotThread Worker(int line, Nanos cpu_time) {
  return {.tid = 9,
          .name = "w",
          .cpu_time = cpu_time,
          .slices = 1,
          .frames = {{.file = "/a.py", .function = "work", .line = line}}};
}

SnapshotSeries Series() {
  SnapshotSeries series;
  for (int second = 0; second < 3; ++second) {
    Snapshot snapshot;
    snapshot.target = {7, {"python3"}, "/usr/bin/python3", "3.13.1", "release"};
    snapshot.time = absl::FromUnixSeconds(second);
    snapshot.threads = {Sleeper(7, "Main\x1b[0m"), Sleeper(8, ""),
                        Worker(second, second * kSecond)};
    series.Add(snapshot);
  }
  return series;
}

TEST(TextSnapshotSeries, ShowsThreadsAtOnePlaceTogetherAndThoseThatMovedLast) {
  StringSink sink;
  WriteTextSnapshotSeries(Series(), {}, sink);
  EXPECT_EQ(sink.text(),
            "Process 7, 3 snapshots in 2.0 s: 2 of 3 threads did not move\n"
            "\n"
            "Did not move:\n"
            "  2 threads: 7 \"Main\\x1b[0m\", 8: wait (sleep\\n), has not run\n"
            "      nap (/a.py:4)\n"
            "      run (/a.py:9)\n"
            "\n"
            "Moved:\n"
            "  9 \"w\": 3 stacks in 3, ran 2 s; at last python\n"
            "      work (/a.py:2)\n");
}

TEST(JsonSnapshotSeries, HoldsOfEachThreadHowOftenItMovedAndWhatItUsed) {
  StringSink sink;
  WriteJsonSnapshotSeries(Series(), sink);
  EXPECT_EQ(sink.text(),
            R"({"schema":"spyhop.snapshot-series/1","target":{"pid":7,"command":["python3"],)"
            R"("executable":"/usr/bin/python3","python":{"version":"3.13.1","flavour":"release"}},)"
            R"("snapshots":3,"duration_s":2.0,"threads":[)"
            R"({"tid":7,"name":"Main\u001B[0m","python":true,"seen":3,"stacks":1,"moved":false,)"
            R"("ran":false,"cpu_s":0.0,"class":"wait","wait_reason":"sleep\n","frames":[)"
            R"({"file":"/a.py","line":4,"function":"nap","kind":"python"},)"
            R"({"file":"/a.py","line":9,"function":"run","kind":"python"}]},)"
            R"({"tid":8,"name":"","python":true,"seen":3,"stacks":1,"moved":false,)"
            R"("ran":false,"cpu_s":0.0,"class":"wait","wait_reason":"sleep\n","frames":[)"
            R"({"file":"/a.py","line":4,"function":"nap","kind":"python"},)"
            R"({"file":"/a.py","line":9,"function":"run","kind":"python"}]},)"
            R"({"tid":9,"name":"w","python":true,"seen":3,"stacks":3,"moved":true,)"
            R"("ran":true,"cpu_s":2.0,"class":"python","frames":[)"
            R"({"file":"/a.py","line":2,"function":"work","kind":"python"}]}]})"
            "\n");
}

}  // namespace
}  // namespace spyhop
