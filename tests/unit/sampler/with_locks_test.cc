#include "sampler/with_locks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sampler/lock_kind.h"
#include "tests/unit/sampler/made_python.h"
#include "tests/unit/sampler/python/layout_param.h"

namespace spyhop {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class WithLocksTest : public testing::TestWithParam<const Layout*> {
 protected:
  RemoteAddress Lock() { return python_.Object("_thread.lock", {0x7f0011110000}); }
  // PyCFunction of the method `name`, bound to `self`.
  RemoteAddress Builtin(std::string_view name, RemoteAddress self) {
    const RemoteAddress text = python_.builder().Allocate(64);
    python_.memory().SetText(text, name);
    const RemoteAddress definition = python_.builder().Allocate(64);
    python_.memory().Set(definition, text);
    return python_.Object("builtin_function_or_method", {definition.value(), self.value()});
  }
  // A function written in Python, or a method descriptor: its name is among the first members.
  RemoteAddress Function(std::string_view type, std::string_view name) {
    return python_.Object(type, {0, python_.builder().Str(name).value()});
  }
  RemoteAddress Condition(RemoteAddress lock) {
    const bool python2 = layout_.features.string_model == StringModel::kPython2;
    return python_.Instance(python2 ? "_Condition" : "Condition",
                            {{python2 ? "_Condition__lock" : "_lock", lock}});
  }
  // Of a thread whose one frame has these on its stack, in a `with`.
  std::vector<RemoteAddress> In(std::vector<RemoteAddress> slots) {
    slots.push_back(RemoteAddress());
    RawStack stack(8);
    stack.Push(python_.Frame("app.py", "work", {}, std::move(slots)));
    return locks_.Of(stack, true);
  }

  const Layout& layout_ = *GetParam();
  MadePython python_{layout_};
  CodeCache codes_{python_.memory(), layout_};
  WithLocks locks_{python_.memory(), layout_, codes_};
};

INSTANTIATE_TEST_SUITE_P(Layouts, WithLocksTest, EveryLayout(), LayoutName);

TEST_P(WithLocksTest, FindsTheLockByItsBoundExit) {
  const RemoteAddress lock = Lock();
  const RemoteAddress other = Lock();
  EXPECT_THAT(In({Builtin("__exit__", lock)}), ElementsAre(lock));
  EXPECT_THAT(In({Builtin("__exit__", lock), Builtin("__exit__", other)}),
              ElementsAre(lock, other));
  EXPECT_THAT(In({Builtin("__exit__", lock), Builtin("__exit__", lock)}), ElementsAre(lock));
}

TEST_P(WithLocksTest, FindsTheLockBesideAnUnboundExit) {
  const RemoteAddress lock = Lock();
  EXPECT_THAT(In({Function("method_descriptor", "__exit__"), lock}), ElementsAre(lock));
  EXPECT_THAT(In({Function("function", "__exit__"), Condition(lock)}), ElementsAre(lock));
  EXPECT_THAT(In({lock, Function("function", "__exit__")}), IsEmpty()) << "nothing beside it";
}

TEST_P(WithLocksTest, TakesTheLockOfACondition) {
  const RemoteAddress lock = Lock();
  const RemoteAddress exit = Function("function", "__exit__");
  const char* const type =
      layout_.features.string_model == StringModel::kPython2 ? "instancemethod" : "method";
  EXPECT_THAT(In({python_.Object(type, {exit.value(), Condition(lock).value()})}),
              ElementsAre(lock));
  EXPECT_EQ(locks_.LockOfCondition(Condition(python_.Object("MyLock"))), std::nullopt);
  EXPECT_EQ(locks_.LockOfCondition(lock), std::nullopt);
}

TEST_P(WithLocksTest, AnythingElseIsNoLock) {
  const RemoteAddress lock = Lock();
  EXPECT_THAT(In({Builtin("acquire", lock)}), IsEmpty());
  EXPECT_THAT(In({Function("function", "close"), lock}), IsEmpty());
  EXPECT_THAT(In({Builtin("__exit__", python_.Object("_io.FileIO"))}), IsEmpty()) << "a file";
  EXPECT_THAT(In({lock}), IsEmpty());
  EXPECT_THAT(In({RemoteAddress(), RemoteAddress(8), RemoteAddress(0x7e0000000000)}), IsEmpty());
}

TEST_P(WithLocksTest, WhoWaitsForAConditionHasLetGoOfIt) {
  const RemoteAddress lock = Lock();
  const RemoteAddress held = Lock();
  const RemoteAddress condition = Condition(lock);
  RawStack stack(8);
  stack.Push(python_.Frame("/usr/lib/python3/threading.py", "Condition.wait", condition));
  stack.Push(python_.Frame("app.py", "work", {},
                           {Builtin("__exit__", held), Builtin("__exit__", lock), {}}));
  EXPECT_THAT(locks_.Of(stack, true), ElementsAre(held));
}

TEST_P(WithLocksTest, ARunningThreadIsBelievedWhenTwoReadsAgree) {
  const RemoteAddress lock = Lock();
  const RemoteAddress exit = Builtin("__exit__", lock);
  const RawFrame frame = python_.Frame("app.py", "work", {}, {exit, RemoteAddress()});
  RawStack stack(8);
  stack.Push(frame);
  const auto reads = [this](const auto& work) {
    python_.memory().ClearLog();
    work();
    return python_.memory().log().size();
  };
  locks_.Of(stack, false);  // its code is known from now on
  const size_t all = reads([&] { EXPECT_THAT(locks_.Of(stack, false), ElementsAre(lock)); });
  const size_t of_lock = reads([&] { KindOfLockObject(python_.memory(), lock); });
  // It leaves the `with` before read n. The frame's slots are read last before the lock is.
  for (size_t n = 0; n < all; ++n) {
    python_.memory().Set(python_.StackSlot(frame, 0), exit);
    python_.memory().ChangeBeforeRead(
        n, [this, &frame] { python_.memory().Set(python_.StackSlot(frame, 0), RemoteAddress()); });
    EXPECT_EQ(locks_.Of(stack, false).empty(), n < all - of_lock) << n;
  }
}

}  // namespace
}  // namespace spyhop
