#include "cli/tui/top_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/tui/top_profile.h"

namespace spyhop {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TopTable Make(const TopData& data, TopState state) { return MakeTopTable(data, state, {}); }

TEST(TopTable, SharesAreOfOneThreadsTime) {
  const TopData data = TopDataOfOne();
  const TopTable table = Make(data, {.view = TopView::kThreads, .idle = true});
  EXPECT_THAT(Column(table, "thread"), ElementsAre("MainThread", "Thread-2", "blas (native)"));
  // MainThread: 40, 30, 10, 70, 30, 20 and 50 of 250 ms.
  EXPECT_THAT(table.rows[0].cells, ElementsAre("32.4", "16.0", "12.0", "4.0", "28.0", "12.0", "8.0",
                                               "20.0", "42", "MainThread", testing::_, testing::_));
}

TEST(TopTable, LinesHaveTheirWaits) {
  const TopTable table = Make(TopDataOfOne(), {.sort = SortKey::kWait});
  EXPECT_EQ(Column(table, "line")[0], "/srv/lib.py:7");
  EXPECT_EQ(Column(table, "waits for")[0], "recv socket 10.0.0.5:5432 24.0");
  EXPECT_EQ(table.rows[0].source.file, "/srv/lib.py");
  EXPECT_EQ(table.rows[0].source.line, 7);
}

TEST(TopTable, LinesOfAllThreadsAreOneUnlessAskedFor) {
  const TopTable joined = Make(TopDataOfOne(), {});
  EXPECT_THAT(Column(joined, "line"), Contains("/srv/lib.py:7").Times(1));
  const TopTable each = Make(TopDataOfOne(), {.per_thread = true});
  EXPECT_THAT(Column(each, "line"), Contains("/srv/lib.py:7").Times(2));
  EXPECT_THAT(Column(each, "thread"), Contains("Thread-2"));
}

TEST(TopTable, SortsByTheColumnAskedFor) {
  EXPECT_EQ(Column(Make(TopDataOfOne(), {.sort = SortKey::kCpu}), "function")[0], "work");
  EXPECT_EQ(Column(Make(TopDataOfOne(), {.sort = SortKey::kTotal}), "function")[0], "<module>");
  const TopTable reversed = Make(TopDataOfOne(), {.sort = SortKey::kCpu, .reverse = true});
  EXPECT_EQ(Column(reversed, "function").back(), "work");
  EXPECT_THAT(Column(reversed, "^cpu"), Not(IsEmpty())) << "the column is marked";
}

TEST(TopTable, FindsWhatWasTypedInFilesFunctionsAndThreads) {
  EXPECT_THAT(Column(Make(TopDataOfOne(), {.filter = "WORKER"}), "line"),
              ElementsAre("/srv/worker.py:33"));
  EXPECT_THAT(Column(Make(TopDataOfOne(), {.filter = "recv"}), "function"), Each("recv"));
  const TopTable of_thread = Make(TopDataOfOne(), {.per_thread = true, .filter = "thread-2"});
  EXPECT_THAT(Column(of_thread, "thread"), AllOf(Not(IsEmpty()), Each("Thread-2")));
  const TopTable none = Make(TopDataOfOne(), {.filter = "nowhere"});
  EXPECT_THAT(none.rows, IsEmpty());
  EXPECT_EQ(none.if_empty, "Nothing has this in its name.");
}

TEST(TopTable, IdleTimeIsShownWhenAskedFor) {
  EXPECT_THAT(Column(Make(TopDataOfOne(), {}), "idle"), IsEmpty());
  const TopTable table = Make(TopDataOfOne(), {.idle = true});
  EXPECT_THAT(Column(table, "idle"), Contains("20.0"));
}

TEST(TopTable, IsConfinedToWhatWasChosen) {
  const TopData data = TopDataOfTwo();
  const TopTable thread =
      Make(data, {.view = TopView::kThreads, .choice = TopChoice{.pid = 42, .tid = 43}});
  EXPECT_THAT(Column(thread, "tid"), ElementsAre("43"));
  const TopTable process = Make(data, {.choice = TopChoice{.pid = 77}});
  EXPECT_THAT(Column(process, "function"), ElementsAre("serve"));
}

TEST(TopTable, CallTreesGoFromTheRootWithTheHottestFirst) {
  const TopTable table = Make(TopDataOfOne(), {.view = TopView::kStacks});
  const std::vector<std::string> tree = Column(table, "call tree");
  EXPECT_EQ(tree[0], "thread 42 MainThread");
  EXPECT_EQ(tree[1], "  <module>  /srv/app.py:1");
  EXPECT_EQ(tree[2], "    work  /srv/app.py:10");
  EXPECT_THAT(tree, Contains("      recv  /srv/lib.py:7"));
  EXPECT_THAT(tree, Contains("      fib  /srv/worker.py:33")) << "recursion has its depth";
  EXPECT_THAT(tree, Not(Contains(HasSubstr("loop.py")))) << "idle only";
  EXPECT_EQ(table.rows[2].choice, (TopChoice{.pid = 42, .tid = 42}));
}

TEST(TopTable, ATreeIsFilteredByItsStacks) {
  const TopTable table = Make(TopDataOfOne(), {.view = TopView::kStacks, .filter = "recv"});
  EXPECT_THAT(
      Column(table, "call tree"),
      ElementsAre("thread 42 MainThread", "  <module>  /srv/app.py:1", "    work  /srv/app.py:12",
                  "      recv  /srv/lib.py:7", "thread 43 Thread-2", "  fib  /srv/worker.py:33",
                  "    recv  /srv/lib.py:7"));
}

TEST(TopTable, ProcessesSayWhetherTheyHaveEnded) {
  const TopTable table = Make(TopDataOfTwo(), {.view = TopView::kProcesses});
  EXPECT_THAT(Column(table, "pid"), ElementsAre("42", "77"));
  EXPECT_THAT(Column(table, "threads"), ElementsAre("2", "ended"));
  EXPECT_THAT(Column(table, "command"), ElementsAre("python3 app.py", "python3 b.py"));
}

TEST(TopTable, KeepsNoMoreRowsThanAnybodyReads) {
  TopData data = TopDataOfOne();
  Profile& profile = data.processes[0].profile;
  const ThreadIndex thread = profile.AddThread({.tid = 50, .name = "many"});
  for (int line = 1; line <= 3000; ++line) {
    profile.Add(MakeSample(profile, thread, {AddFrame(profile, "/m.py", line, "f")},
                           TimeClass::kPython, kMillisecond));
  }
  const TopTable table = Make(data, {});
  EXPECT_THAT(table.rows, SizeIs(kMostTopRows));
  EXPECT_GT(table.left_out, 2000u);
  EXPECT_LE(Make(data, {.view = TopView::kStacks}).rows.size(), kMostTopRows);
}

TEST(TopTable, OfNothingIsEmpty) {
  TopData data;
  data.processes.push_back({.pid = 1});
  data.processes[0].profile.AddTarget({.pid = 1});
  for (const TopView view :
       {TopView::kLines, TopView::kFunctions, TopView::kThreads, TopView::kStacks}) {
    const TopTable table = Make(data, {.view = view});
    EXPECT_THAT(table.rows, IsEmpty());
    EXPECT_EQ(table.if_empty, "Nothing has been sampled yet.");
  }
  EXPECT_THAT(Make(data, {.view = TopView::kProcesses}).rows, SizeIs(1));
}

}  // namespace
}  // namespace spyhop
