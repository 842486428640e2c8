#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include "report/json_snapshot.h"
#include "report/text_snapshot.h"

namespace spyhop {
namespace {

Snapshot Hostile() {
  Snapshot snapshot;
  snapshot.target = {7, {"python3", "</script>"}, "/usr/bin/python3", "3.13.1", "debug"};
  snapshot.time = absl::FromUnixSeconds(1'700'000'000);
  snapshot.stopped = 23 * kMicrosecond;
  snapshot.threads.push_back({.tid = 7,
                              .name = "Main\x1b[0m",
                              .time_class = TimeClass::kGil,
                              .frames = {{.file = "/漢.py",
                                          .function = "f\n",
                                          .line = 3,
                                          .column = 5,
                                          .end_line = 3,
                                          .end_column = 9},
                                         {.function = "gc", .kind = FrameKind::kGc}},
                              .truncated = SampleErrorCode::kTooDeep,
                              .frames_left_out = 12});
  snapshot.threads.push_back({.tid = 8,
                              .name = "\xff",
                              .time_class = TimeClass::kWait,
                              .wait_reason = "recv socket 10.0.0.5:5432",
                              .holds_gil = true});
  return snapshot;
}

TEST(TextSnapshot, ShowsEachThreadWithItsLeafFirst) {
  StringSink sink;
  WriteTextSnapshot(Hostile(), {}, sink);
  EXPECT_EQ(sink.text(),
            "Process 7: python3 </script>\n"
            "Python 3.13.1 (debug), /usr/bin/python3\n"
            "Taken 2023-11-14T22:13:20.000Z, stopped 23 us, 2 threads\n"
            "\n"
            "Thread 7 \"Main\\x1b[0m\": gil\n"
            "    f\\n (/漢.py:3)\n"
            "    gc\n"
            "    (not the whole stack: the stack was deeper than is kept; its middle was left out; "
            "12 frames left out)\n"
            "\n"
            "Thread 8 \"\uFFFD\": wait (recv socket 10.0.0.5:5432), holds the GIL\n"
            "    (no frames)\n");
}

TEST(TextSnapshot, ShowsJustTheNameOfAFrameThatIsNowhere) {
  Snapshot snapshot;
  snapshot.threads.push_back({.frames = {{.function = "<frames left out>"},
                                         {.function = "f", .line = 3},
                                         {.function = "read", .kind = FrameKind::kKernel}},
                              .truncated = SampleErrorCode::kTooDeep,
                              .frames_left_out = 1});
  StringSink sink;
  WriteTextSnapshot(snapshot, {}, sink);
  EXPECT_THAT(sink.text(),
              testing::HasSubstr("\n    <frames left out>\n    f\n    read (kernel)\n"));
  EXPECT_THAT(sink.text(), testing::HasSubstr("; 1 frame left out)\n"));
}

TEST(TextSnapshot, KeepsThePlaceWhenItCutsALine) {
  Snapshot snapshot;
  snapshot.threads.push_back({.frames = {{.file = "/a/b.py", .function = std::string(500, 'f')}}});
  snapshot.threads[0].frames[0].line = 12;
  StringSink sink;
  WriteTextSnapshot(snapshot, {.width = 60}, sink);
  EXPECT_THAT(sink.text(), testing::HasSubstr("ff.. (/a/b.py:12)\n"));
}

TEST(JsonSnapshot, IsByTheContract) {
  StringSink sink;
  WriteJsonSnapshot(Hostile(), sink);
  EXPECT_EQ(
      sink.text(),
      R"({"schema":"spyhop.snapshot/1","target":{"pid":7,"command":["python3","</script>"],)"
      R"("executable":"/usr/bin/python3","python":{"version":"3.13.1","flavour":"debug"}},)"
      R"("time":"2023-11-14T22:13:20+00:00","stopped_us":23.0,"threads":[)"
      R"({"tid":7,"name":"Main\u001B[0m","python":true,"interpreter":0,"class":"gil",)"
      R"("holds_gil":false,"waits_for":{"gil":true,"held_by":8},)"
      R"("frames":[{"file":"/漢.py","line":3,"column":5,"end_line":3,"end_column":9,)"
      R"("function":"f\n","kind":"python"},{"file":"","line":0,"function":"gc","kind":"gc"}],)"
      R"("truncated":"too-deep","frames_left_out":12},)"
      R"({"tid":8,"name":")"
      "\uFFFD"
      R"(","python":true,"interpreter":0,"class":"wait",)"
      R"("wait_reason":"recv socket 10.0.0.5:5432","holds_gil":true,"frames":[]}],)"
      R"("deadlocks":[]})"
      "\n");
}

}  // namespace
}  // namespace spyhop
