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

TEST(TextSnapshot, ShowsTheFileThatNativeCodeIsIn) {
  Snapshot snapshot;
  snapshot.threads.push_back(
      {.frames = {
           {.function = "deflate", .module = "/usr/lib/libz.so.1", .kind = FrameKind::kNative},
           {.function = "[unknown]", .kind = FrameKind::kNative}}});
  StringSink sink;
  WriteTextSnapshot(snapshot, {}, sink);
  EXPECT_THAT(sink.text(), testing::EndsWith("    deflate (libz.so.1, native)\n"
                                             "    [unknown] (native)\n"));
}

TEST(TextSnapshot, ShowsTheLineOfNativeCodeWhereItIsKnown) {
  Snapshot snapshot;
  snapshot.threads.push_back({.frames = {{.file = "/build/zlib/trees.c",
                                          .function = "_tr_flush_block",
                                          .module = "/usr/lib/libz.so.1",
                                          .line = 7,
                                          .kind = FrameKind::kNative}}});
  StringSink sink;
  WriteTextSnapshot(snapshot, {}, sink);
  EXPECT_THAT(sink.text(),
              testing::EndsWith("    _tr_flush_block (trees.c:7, libz.so.1, native)\n"));
}

TEST(JsonSnapshot, TellsWhereNativeCodeIs) {
  Snapshot snapshot;
  snapshot.threads.push_back({.frames = {{.function = "deflate",
                                          .module = "/usr/lib/libz.so.1",
                                          .address = 0x7f0012345678,
                                          .kind = FrameKind::kNative}}});
  StringSink sink;
  WriteJsonSnapshot(snapshot, sink);
  EXPECT_THAT(sink.text(),
              testing::HasSubstr("\"kind\":\"native\",\"module\":\"/usr/lib/libz.so.1\","
                                 "\"address\":\"0x7f0012345678\""));
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

TEST(TextSnapshot, TellsEachThreadsClassAndWhatItWaitsFor) {
  Snapshot snapshot;
  for (int i = 0; i < kTimeClasses; ++i) {
    snapshot.threads.push_back({.tid = i, .time_class = static_cast<TimeClass>(i)});
  }
  snapshot.threads[3].wait_reason = "futex threading.Lock";
  snapshot.threads[4].wait_reason = "held by \x1bThread-2 at worker.py:33";
  snapshot.threads[6].wait_reason = "epoll_wait";
  snapshot.threads[1].python = false;
  StringSink sink;
  WriteTextSnapshot(snapshot, {}, sink);
  for (const char* line : {"Thread 0: python\n", "Thread 1: native, not a Python thread\n",
                           "Thread 2: kernel\n", "Thread 3: wait (futex threading.Lock)\n",
                           "Thread 4: gil (held by \\x1bThread-2 at worker.py:33)\n",
                           "Thread 5: runq\n", "Thread 6: idle (epoll_wait)\n"}) {
    EXPECT_THAT(sink.text(), testing::HasSubstr(line));
  }
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
      R"("time":"2023-11-14T22:13:20+00:00","stopped_us":23.0,"held":"","threads":[)"
      R"({"tid":7,"name":"Main\u001B[0m","python":true,"interpreter":0,"class":"gil",)"
      R"("holds_gil":false,"cpu_s":0.0,"waits_for":{"gil":true,"held_by":8},)"
      R"("frames":[{"file":"/\u6F22.py","line":3,"column":5,"end_line":3,"end_column":9,)"
      R"("function":"f\n","kind":"python"},{"file":"","line":0,"function":"gc","kind":"gc"}],)"
      R"("truncated":"too-deep","frames_left_out":12},)"
      R"({"tid":8,"name":"\uFFFD","python":true,"interpreter":0,"class":"wait",)"
      R"("wait_reason":"recv socket 10.0.0.5:5432","holds_gil":true,"cpu_s":0.0,"frames":[]}],)"
      R"("deadlocks":[]})"
      "\n");
}

}  // namespace
}  // namespace spyhop
