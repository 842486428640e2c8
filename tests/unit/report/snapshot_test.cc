#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include "absl/strings/str_cat.h"
#include "report/json_snapshot.h"
#include "report/text_snapshot.h"

namespace spyhop {
namespace {

Snapshot Hostile() {
  Snapshot snapshot;
  snapshot.target = {7, {"python3", "</script>"}, "/usr/bin/python3", "3.13.1", "debug"};
  snapshot.time = absl::FromUnixSeconds(1'700'000'000);
  snapshot.stopped = 23 * kMicrosecond;
  snapshot.threads.push_back(
      {.tid = 7,
       .name = "Main\x1b[0m",
       .time_class = TimeClass::kGil,
       .waits_for =
           SnapshotWait{
               .kind = "GIL", .object = 0x7f10, .how = SnapshotWait::How::kOwner, .held_by = 8},
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
            "  waits for the GIL, held by 8 \"\uFFFD\", which waits itself: recv socket "
            "10.0.0.5:5432\n"
            "    f\\n (/漢.py:3)\n"
            "    gc\n"
            "    (not the whole stack: the stack was deeper than is kept; its middle was left out; "
            "12 frames left out)\n"
            "\n"
            "Thread 8 \"\uFFFD\": wait (recv socket 10.0.0.5:5432), holds the GIL\n"
            "    (no frames)\n");
}

Snapshot OfCore(CoreInfo core) {
  Snapshot snapshot = Hostile();
  snapshot.core = std::move(core);
  return snapshot;
}

std::string Text(const Snapshot& snapshot) {
  StringSink sink;
  WriteTextSnapshot(snapshot, {}, sink);
  return std::string(sink.text());
}

TEST(TextSnapshot, TellsHowTheProcessOfACoreFileEnded) {
  const std::string text =
      Text(OfCore({.file = "a\x1b/core", .signal = 11, .thread = 8, .address = 0x10}));
  EXPECT_THAT(text,
              testing::HasSubstr("Core file a\\x1b/core, SIGSEGV in thread 8 at address 0x10, "
                                 "written 2023-11-14T22:13:20.000Z, 2 threads\n"));
  EXPECT_THAT(text, testing::HasSubstr("holds the GIL, got SIGSEGV\n"));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("stopped")));
  EXPECT_THAT(Text(OfCore({.file = "c", .signal = 6, .thread = 8, .sender = 12})),
              testing::HasSubstr("SIGABRT in thread 8 from process 12, "));
  EXPECT_THAT(Text(OfCore({.file = "c", .signal = 63, .thread = 8})),
              testing::HasSubstr("signal 63 in thread 8, "));
  EXPECT_THAT(Text(OfCore({.file = "c"})),
              testing::HasSubstr("Core file c, of a running process (no signal), "));
}

TEST(JsonSnapshot, TellsHowTheProcessOfACoreFileEnded) {
  StringSink sink;
  WriteJsonSnapshot(
      OfCore({.file = "core", .signal = 11, .thread = 8, .address = 0xffffffffffffffff}), sink);
  EXPECT_THAT(std::string(sink.text()),
              testing::HasSubstr("\"core\":{\"file\":\"core\",\"signal\":11,\"thread\":8,"
                                 "\"address\":\"0xffffffffffffffff\"}"));
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

Snapshot WithLocals() {
  Snapshot snapshot;
  SnapshotFrame frame{.file = "/a.py", .function = "f", .line = 3};
  frame.locals = SnapshotLocals{{{"x\n", "'\x1b'", "str"}, {"gone", "", "", true}}};
  SnapshotFrame moved{.file = "/a.py", .function = "g", .line = 4};
  moved.locals = SnapshotLocals{.changed = true};
  snapshot.threads.push_back({.tid = 7, .frames = {frame, moved}});
  return snapshot;
}

TEST(TextSnapshot, ShowsLocalsBelowTheirFrame) {
  StringSink sink;
  WriteTextSnapshot(WithLocals(), {}, sink);
  EXPECT_THAT(sink.text(),
              testing::HasSubstr("    f (/a.py:3)\n"
                                 "        x\\n = '\\x1b'\n"
                                 "        gone = <changed>\n"
                                 "    g (/a.py:4)\n"
                                 "        (its locals had changed before they were read)\n"));
}

TEST(JsonSnapshot, HasLocalsOfEachFrameWhenAskedFor) {
  StringSink sink;
  WriteJsonSnapshot(WithLocals(), sink);
  EXPECT_THAT(sink.text(),
              testing::HasSubstr(R"("locals":[{"name":"x\n","value":"'\u001B'","type":"str"},)"
                                 R"({"name":"gone","changed":true,"type":""}])"));
  EXPECT_THAT(sink.text(), testing::HasSubstr(R"("locals":[],"locals_changed":true)"));
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
      R"("holds_gil":false,"cpu_s":0.0,"waits_for":{"gil":true,"kind":"GIL","object":"0x7f10",)"
      R"("held_by":8,"how":"owner"},)"
      R"("frames":[{"file":"/\u6F22.py","line":3,"column":5,"end_line":3,"end_column":9,)"
      R"("function":"f\n","kind":"python"},{"file":"","line":0,"function":"gc","kind":"gc"}],)"
      R"("truncated":"too-deep","frames_left_out":12},)"
      R"({"tid":8,"name":"\uFFFD","python":true,"interpreter":0,"class":"wait",)"
      R"("wait_reason":"recv socket 10.0.0.5:5432","holds_gil":true,"cpu_s":0.0,"frames":[]}],)"
      R"("deadlocks":[],"tasks":[],"task_cycles":[]})"
      "\n");
}

// Two threads that wait for each other, and one that waits for `how`.
Snapshot Waiting(SnapshotWait::How how) {
  Snapshot snapshot;
  snapshot.threads.push_back({.tid = 1,
                              .name = "one",
                              .waits_for = SnapshotWait{.kind = "threading.RLock",
                                                        .object = 0x7f01,
                                                        .how = SnapshotWait::How::kOwner,
                                                        .held_by = 2},
                              .frames = {{.file = "/a/app.py", .line = 3}}});
  snapshot.threads.push_back({.tid = 2,
                              .name = "two\x1b",
                              .waits_for = SnapshotWait{.kind = "import lock",
                                                        .name = "json\n",
                                                        .object = 0x7f02,
                                                        .how = SnapshotWait::How::kOwner,
                                                        .held_by = 1,
                                                        .frame = 1},
                              .frames = {{.file = "<frozen importlib._bootstrap>", .line = 9},
                                         {.file = "/a/app.py", .line = 7}}});
  snapshot.threads.push_back(
      {.tid = 3,
       .waits_for = SnapshotWait{.kind = "threading.Lock", .object = 0x7f03, .how = how}});
  if (how == SnapshotWait::How::kWith || how == SnapshotWait::How::kEnd) {
    snapshot.threads[2].waits_for->held_by = 1;
  }
  snapshot.deadlocks = {{1, 2}};
  return snapshot;
}

std::string TextOf(const Snapshot& snapshot) {
  StringSink sink;
  WriteTextSnapshot(snapshot, {}, sink);
  return sink.text();
}

TEST(TextSnapshot, SaysWhoWaitsForWhomAndWhere) {
  EXPECT_THAT(
      TextOf(Waiting(SnapshotWait::How::kUnwritten)),
      testing::HasSubstr("\n  waits for import lock of json\\n 0x7f02, held by 1 \"one\" at "
                         "app.py:3\n"));
}

TEST(TextSnapshot, EndsWithTheDeadlocks) {
  EXPECT_THAT(TextOf(Waiting(SnapshotWait::How::kUnwritten)),
              testing::EndsWith(
                  "\n\nDeadlock: 2 threads wait for each other\n"
                  "    1 \"one\" at app.py:3 waits for threading.RLock 0x7f01, held by 2 "
                  "\"two\\x1b\" at app.py:7\n"
                  "    2 \"two\\x1b\" at app.py:7 waits for import lock of json\\n 0x7f02, held "
                  "by 1 \"one\" at app.py:3\n"));
}

TEST(TextSnapshot, SaysHowTheHolderIsKnown) {
  using How = SnapshotWait::How;
  const std::pair<How, const char*> texts[] = {
      {How::kNobody, ", until it is notified\n"},
      {How::kWith, ", held by 1 \"one\" at app.py:3 (seen in its `with`)\n"},
      {How::kEnd, ", until the end of 1 \"one\" at app.py:3\n"},
      {How::kUnwritten, ", owner not recorded by this Python\n"},
      {How::kEnded, ", held by a thread that has ended\n"}};
  for (const auto& [how, text] : texts) {
    EXPECT_THAT(TextOf(Waiting(how)),
                testing::HasSubstr(absl::StrCat("\n  waits for threading.Lock 0x7f03", text)));
  }
}

TEST(JsonSnapshot, ListsEachDeadlockWithItsThreads) {
  StringSink sink;
  WriteJsonSnapshot(Waiting(SnapshotWait::How::kWith), sink);
  EXPECT_THAT(
      sink.text(),
      testing::EndsWith(
          R"("deadlocks":[{"threads":[{"tid":1,"name":"one","file":"/a/app.py","line":3,)"
          R"("waits_for":{"kind":"threading.RLock","object":"0x7f01","held_by":2,"how":"owner"}},)"
          R"({"tid":2,"name":"two\u001B","file":"/a/app.py","line":7,"waits_for":)"
          R"({"kind":"import lock","name":"json\n","object":"0x7f02","held_by":1,"how":"owner"}}]}],)"
          R"("tasks":[],"task_cycles":[]})"
          "\n"));
  EXPECT_THAT(sink.text(),
              testing::HasSubstr(R"("waits_for":{"kind":"threading.Lock","object":"0x7f03",)"
                                 R"("held_by":1,"how":"with"})"));
}

TEST(JsonSnapshot, MarksAWaitThatEndsByItself) {
  Snapshot snapshot = Waiting(SnapshotWait::How::kUnwritten);
  snapshot.threads[2].waits_for->timeout = true;
  StringSink sink;
  WriteJsonSnapshot(snapshot, sink);
  EXPECT_THAT(sink.text(), testing::HasSubstr(R"("how":"unknown","timeout":true})"));
  EXPECT_THAT(TextOf(snapshot), testing::HasSubstr(", with a timeout\n"));
}

}  // namespace
}  // namespace spyhop
