#include "sampler/profile/line_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spyhop {
namespace {

class LineProfileTest : public testing::Test {
 protected:
  LineProfileTest() {
    profile_.AddTarget({.pid = 100});
    main_ = profile_.AddThread({.tid = 101, .name = "main"});
  }

  FrameId At(std::string_view function, int line, FrameKind kind = FrameKind::kPython) {
    return profile_.frames().Intern({.file = profile_.strings().Intern("a.py"),
                                     .function = profile_.strings().Intern(function),
                                     .line = line,
                                     .kind = kind});
  }

  void Add(std::vector<FrameId> root_first, Nanos weight, TimeClass c = TimeClass::kPython,
           std::string_view reason = "") {
    AddTo(main_, root_first, weight, c, reason);
  }

  void AddTo(ThreadIndex thread, std::vector<FrameId> root_first, Nanos weight,
             TimeClass c = TimeClass::kPython, std::string_view reason = "") {
    profile_.Add({.thread = thread,
                  .stack = profile_.stacks().Intern(root_first),
                  .time_class = c,
                  .wait_reason = profile_.strings().Intern(reason),
                  .weight = weight});
  }

  // "function:line self/total", in the order of the rows.
  std::vector<std::string> Rows(LineGrouping grouping = {}) const {
    std::vector<std::string> texts;
    for (const LineRow& row : MakeLineProfile(profile_, grouping)) {
      texts.push_back(std::string(profile_.strings().Get(row.function)) + ":" +
                      std::to_string(row.line) + " " + std::to_string(row.self.Wall(true)) + "/" +
                      std::to_string(row.total.Wall(true)));
    }
    return texts;
  }

  Profile profile_;
  ThreadIndex main_{};
};

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(LineProfileTest, GivesSelfToTheLeafAndTotalToAll) {
  Add({At("main", 1), At("f", 5)}, 10);
  Add({At("main", 1)}, 3);
  EXPECT_THAT(Rows(), ElementsAre("main:1 3/13", "f:5 10/10"));
}

TEST_F(LineProfileTest, ChargesNativeFramesToTheirLineUnlessTheyAreRowsOfTheirOwn) {
  const FrameId native = At("deflate", 0, FrameKind::kNative);
  const FrameId call = At("read", 0, FrameKind::kKernel);
  Add({At("main", 1), native, At("callback", 7), native, call}, 10);
  EXPECT_THAT(Rows(), ElementsAre("main:1 0/10", "callback:7 10/10"));
  EXPECT_THAT(Rows({.native = true}),
              ElementsAre("deflate:0 10/10", "main:1 0/10", "callback:7 0/10"));
}

TEST_F(LineProfileTest, CountsARecursiveLineOnce) {
  Add({At("main", 1), At("fib", 4), At("fib", 4), At("fib", 4), At("fib", 2)}, 10);
  EXPECT_THAT(Rows(), ElementsAre("main:1 0/10", "fib:2 10/10", "fib:4 0/10"));
}

TEST_F(LineProfileTest, CountsARecursiveFunctionOnce) {
  Add({At("main", 1), At("fib", 4), At("fib", 4), At("fib", 2)}, 10);
  EXPECT_THAT(Rows({.per_function = true}), ElementsAre("fib:0 10/10", "main:0 0/10"));
}

TEST_F(LineProfileTest, ChargesNativeAndGcFramesToTheirPythonLine) {
  Add({At("main", 1), At("memcpy", 0, FrameKind::kNative)}, 10);
  Add({At("main", 1), At("<gc>", 0, FrameKind::kGc)}, 5);
  EXPECT_THAT(Rows(), ElementsAre("main:1 15/15"));
}

TEST_F(LineProfileTest, KeepsAStackWithoutPythonFrames) {
  Add({At("start", 0, FrameKind::kNative), At("work", 0, FrameKind::kNative)}, 10);
  EXPECT_THAT(Rows(), ElementsAre("start:0 0/10", "work:0 10/10"));
}

TEST_F(LineProfileTest, HasNoRowForASampleWithoutFrames) {
  Add({}, 10);
  EXPECT_THAT(Rows(), IsEmpty());
}

TEST_F(LineProfileTest, SeparatesThreadsUnlessToldNotTo) {
  const ThreadIndex other = profile_.AddThread({.tid = 102});
  Add({At("f", 1)}, 1);
  AddTo(other, {At("f", 1)}, 2);
  EXPECT_THAT(Rows(), ElementsAre("f:1 1/1", "f:1 2/2"));
  EXPECT_THAT(Rows({.per_thread = false}), ElementsAre("f:1 3/3"));
}

TEST_F(LineProfileTest, HasOneRowForAThreadThatCameBackAfterAnExec) {
  profile_.AddTarget({.pid = 100});
  const ThreadIndex again = profile_.AddThread({.target = 1, .tid = 101});
  Add({At("f", 1)}, 1);
  AddTo(again, {At("f", 1)}, 2);
  EXPECT_THAT(Rows(), ElementsAre("f:1 3/3"));
}

TEST_F(LineProfileTest, ListsWaitsOfSelfTimeLongestFirst) {
  Add({At("main", 1), At("f", 2)}, 1, TimeClass::kWait, "read pipe");
  Add({At("main", 1), At("f", 2)}, 5, TimeClass::kWait, "nanosleep");
  Add({At("main", 9), At("f", 2)}, 2, TimeClass::kWait, "read pipe");
  const std::vector<LineRow> rows = MakeLineProfile(profile_, {});
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_THAT(rows[0].waits, IsEmpty());
  ASSERT_EQ(rows[1].line, 2);
  ASSERT_EQ(rows[1].waits.size(), 2u);
  EXPECT_EQ(profile_.strings().Get(rows[1].waits[0].reason), "nanosleep");
  EXPECT_EQ(rows[1].waits[1].time, 3);
}

TEST_F(LineProfileTest, LeavesOutWhatTheFilterLeavesOut) {
  const ThreadIndex other = profile_.AddThread({.tid = 102});
  Add({At("f", 1)}, 1);
  AddTo(other, {At("g", 1)}, 2);
  const auto rows =
      MakeLineProfile(profile_, {}, [&](const Profile::Key& key) { return key.thread == other; });
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].tid, 102);
}

TEST_F(LineProfileTest, SelfFrameIsTheOneThatSelfTimeGoesTo) {
  const auto self_of = [this](const std::vector<FrameId>& root_first) {
    return SelfFrame(profile_, profile_.stacks().Intern(root_first));
  };
  const FrameId python = At("main", 1);
  const FrameId native = At("memcpy", 0, FrameKind::kNative);
  EXPECT_EQ(self_of({At("root", 1), python}), python);
  EXPECT_EQ(self_of({python, At("wrap", 0, FrameKind::kNative), native}), python);
  EXPECT_EQ(self_of({At("start", 0, FrameKind::kNative), native}), native);
  EXPECT_EQ(self_of({}), std::nullopt);
}

TEST_F(LineProfileTest, TellsIdleSamplesFromOthers) {
  Add({At("main", 1)}, 1, TimeClass::kIdle);
  Add({At("main", 1)}, 1, TimeClass::kWait);
  Add({At("main", 1), At("f", 2)}, 1, TimeClass::kIdle);
  const std::vector<LineRow> rows = MakeLineProfile(profile_, {});
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].total.Samples(true), 3u);
  EXPECT_EQ(rows[0].total.Samples(false), 1u);
  EXPECT_EQ(rows[1].self.Samples(false), 0u);
}

TEST_F(LineProfileTest, SelfTimesAddUpToTheThreadsTime) {
  for (int i = 0; i < 50; ++i) Add({At("a", i % 3), At("b", i % 7), At("a", i % 5)}, i + 1);
  Nanos sum = 0;
  for (const LineRow& row : MakeLineProfile(profile_, {})) sum += row.self.Wall(true);
  EXPECT_EQ(sum, profile_.thread(main_).observed);
}

}  // namespace
}  // namespace spyhop
