#include "sampler/lock_waits.h"

#include <gtest/gtest.h>

#include "tests/unit/sampler/made_python.h"
#include "tests/unit/sampler/python/layout_param.h"

namespace spyhop {
namespace {

using Holder = LockWait::Holder;

constexpr uint64_t kOwner = 0x7f7700001000;
constexpr std::string_view kThreading = "/usr/lib/python3/threading.py";

class LockWaitsTest : public testing::TestWithParam<const Layout*> {
 protected:
  LockWaitsTest() {
    interpreter_.layout = layout_;
    main_ = python_.builder().Allocate(layout_.interpreter.size);
  }
  bool python2() const { return layout_.features.string_model == StringModel::kPython2; }
  RemoteAddress OwnerId() { return python_.builder().Int(static_cast<int64_t>(kOwner)); }

  // A lock that somebody has taken, and the thread waits for.
  RemoteAddress Lock(std::string_view type, uint64_t owner = 0) {
    semaphore_ = python_.TakenSemaphore();
    const RemoteAddress lock = python_.Object(type, {semaphore_.value(), owner});
    thread_.call = python_.FutexWait(semaphore_, lock);
    return lock;
  }
  // Leaf first.
  void Push(std::string_view file, std::string_view function, RemoteAddress self = {}) {
    thread_.stack.Push(python_.Frame(file, function, self));
  }
  std::optional<LockWait> Of(std::string_view waiter = "") {
    return LockWaits(python_.memory(), interpreter_, codes_).Of(thread_, main_, waiter);
  }

  const Layout& layout_ = *GetParam();
  MadePython python_{layout_};
  CodeCache codes_{python_.memory(), layout_};
  Interpreter interpreter_;
  RemoteAddress main_;
  RemoteAddress semaphore_;
  WatchedThread thread_{1, 1, ThreadProbe(SyscallState()), layout_};
};

INSTANTIATE_TEST_SUITE_P(Layouts, LockWaitsTest, EveryLayout(), LayoutName);

TEST_P(LockWaitsTest, APlainLockDoesNotSayWhoHasIt) {
  const RemoteAddress lock = Lock("_thread.lock", kOwner);
  Push("app.py", "work");
  auto wait = Of();
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->kind, kPlainLock);
  EXPECT_EQ(wait->object, lock);
  EXPECT_EQ(wait->holder, Holder::kUnwritten);
  EXPECT_FALSE(wait->owner);
  EXPECT_FALSE(wait->timeout);
  thread_.call.arguments[3] = 0x7ffd00000000;  // struct timespec *
  wait = Of();
  ASSERT_TRUE(wait);
  EXPECT_TRUE(wait->timeout);
}

TEST_P(LockWaitsTest, ARecursiveLockSaysWhoHasIt) {
  const RemoteAddress lock = Lock("_thread.RLock", kOwner);
  const auto wait = Of();
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->kind, kRecursiveLock);
  EXPECT_EQ(wait->object, lock);
  EXPECT_EQ(wait->holder, Holder::kOwner);
  EXPECT_EQ(wait->owner, kOwner);
  Lock("_thread.RLock", 0);
  EXPECT_FALSE(Of()) << "it is being let go of";
}

TEST_P(LockWaitsTest, NothingIsSaidOfWhatIsNoLock) {
  Lock("_thread.lock");
  python_.memory().Set(semaphore_, uint32_t{1});
  EXPECT_FALSE(Of()) << "posted: it is handed over";
  Lock("socket");
  EXPECT_FALSE(Of());
  Lock("_thread.lock");
  thread_.call.number = SYS_epoll_wait;
  EXPECT_FALSE(Of());
}

TEST_P(LockWaitsTest, NobodyHoldsACondition) {
  Lock("_thread.lock");
  const RemoteAddress condition = python_.Object("Condition");
  Push(kThreading, "Condition.wait", condition);
  const auto wait = Of();
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->kind, "threading.Condition");
  EXPECT_EQ(wait->object, condition);
  EXPECT_EQ(wait->holder, Holder::kNobody);
  const auto queue = Of("queue.get");
  ASSERT_TRUE(queue);
  EXPECT_EQ(queue->kind, "queue.get");
  EXPECT_EQ(queue->holder, Holder::kNobody);
}

TEST_P(LockWaitsTest, AWaitOfTheProgramsOwnIsNoCondition) {
  Lock("_thread.lock");
  Push("app.py", "Condition.wait", python_.Object("Condition"));
  const auto wait = Of();
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->holder, Holder::kUnwritten);
}

TEST_P(LockWaitsTest, AModulesImportNamesModuleAndOwner) {
  const RemoteAddress wakeup = Lock("_thread.lock");
  const auto module_lock = [&](RemoteAddress sleeps_on) {
    return python_.Instance("_ModuleLock", {{"wakeup", sleeps_on},
                                            {"owner", OwnerId()},
                                            {"name", python_.builder().Str("slow.module")}});
  };
  const RemoteAddress self = module_lock(wakeup);
  Push("<frozen importlib._bootstrap>", "_ModuleLock.acquire", self);
  auto wait = Of();
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->kind, "import lock");
  EXPECT_EQ(wait->name, "slow.module");
  EXPECT_EQ(wait->object, self);
  EXPECT_EQ(wait->owner, kOwner);
  thread_.stack.Clear();
  Push("<frozen importlib._bootstrap>", "_ModuleLock.acquire", module_lock(RemoteAddress(0x1000)));
  wait = Of();
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->kind, kPlainLock) << "not the lock that it sleeps on";
}

TEST_P(LockWaitsTest, APurePythonRLockSaysWhoHasIt) {
  const RemoteAddress block = Lock("_thread.lock");
  const RemoteAddress self =
      python_.Instance("_RLock", {{python2() ? "_RLock__block" : "_block", block},
                                  {python2() ? "_RLock__owner" : "_owner", OwnerId()}});
  Push(kThreading, "_RLock.acquire", self);
  const auto wait = Of();
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->kind, kRecursiveLock);
  EXPECT_EQ(wait->object, self);
  EXPECT_EQ(wait->owner, kOwner);
}

TEST_P(LockWaitsTest, AJoinWaitsForTheEndOfTheThread) {
  const RemoteAddress lock = Lock("_thread.lock");
  ObjectBuilder& builder = python_.builder();
  const RemoteAddress joined = python_.Instance("Thread", {{"_tstate_lock", lock}});
  const RemoteAddress threading =
      builder.Module(builder.Dict({{builder.Str("_active"), builder.Dict({{OwnerId(), joined}})}}));
  builder.Put(main_, layout_.interpreter.modules,
              builder.Dict({{builder.Str("threading"), threading}}));
  const auto wait = Of();
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->kind, "thread join");
  EXPECT_EQ(wait->holder, Holder::kEnd);
  EXPECT_EQ(wait->owner, kOwner);
}

TEST_P(LockWaitsTest, AJoinByAConditionIsKnownByItsFrames) {
  Lock("_thread.lock");
  const RemoteAddress joined = python_.Instance("Thread", {{"_Thread__ident", OwnerId()}});
  Push(kThreading, "wait", python_.Object("_Condition"));
  Push(kThreading, "join", joined);
  const auto wait = Of("threading.Condition");
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->kind, "thread join");
  EXPECT_EQ(wait->object, joined);
  EXPECT_EQ(wait->owner, kOwner);
}

TEST_P(LockWaitsTest, TheImportLockIsKnownByItsVariables) {
  Lock("nothing");
  interpreter_.import_lock_pointer = python_.builder().Allocate(64);
  interpreter_.import_lock_thread = interpreter_.import_lock_pointer.Plus(16);
  python_.memory().Set(interpreter_.import_lock_pointer, semaphore_);
  python_.memory().Set(interpreter_.import_lock_thread, kOwner);
  const auto wait = Of();
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->kind, "import lock");
  EXPECT_EQ(wait->owner, kOwner);
  python_.memory().Set(interpreter_.import_lock_thread, ~uint64_t{0});
  EXPECT_FALSE(Of()) << "nobody has it";
  python_.memory().Set(interpreter_.import_lock_thread, kOwner);
  python_.memory().Set(interpreter_.import_lock_pointer, semaphore_.Plus(64));
  EXPECT_FALSE(Of()) << "another one";
}

}  // namespace
}  // namespace spyhop
