#include "sampler/snapshot_waits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sampler/made_python.h"
#include "tests/unit/sampler/python/layout_param.h"

namespace spyhop {
namespace {

using How = SnapshotWait::How;
using testing::ElementsAre;
using testing::IsEmpty;

// Threads at rest in one interpreter; each one's pthread id is told by its number.
class SnapshotWaitsTest : public testing::TestWithParam<const Layout*> {
 protected:
  SnapshotWaitsTest() {
    ObjectBuilder& builder = python_.builder();
    const ObjectBuilder::World world = builder.Interpreter(0x030B07F0);
    const RemoteAddress gil = builder.Allocate(256);
    builder.Put(world.interpreter, layout_.interpreter.gil, gil);
    interpreter_.layout = layout_;
    interpreter_.runtime = world.runtime;
    interpreter_.interpreters_head = world.head;
    interpreter_.first = world.interpreter;
    interpreter_.current_thread_global = gil;
    states_.emplace(python_.memory(), interpreter_);
    states_->Look();
  }

  static uint64_t PthreadOf(int tid) { return 0x7f7700000000 + static_cast<uint64_t>(tid) * 4096; }
  RemoteAddress Lock(std::string_view type, int owner = 0) {
    return python_.Object(type, {python_.TakenSemaphore().value(), owner ? PthreadOf(owner) : 0});
  }
  // Blocked for ever in this lock's semaphore.
  WatchedThread& AddWaiter(int tid, RemoteAddress lock) {
    auto thread = std::make_unique<WatchedThread>(static_cast<uint64_t>(tid), tid,
                                                  ThreadProbe(SyscallState()), layout_);
    thread->state.pthread_id = PthreadOf(tid);
    thread->reading = Reading::kFresh;
    thread->blocked = thread->settled = true;
    thread->call =
        python_.FutexWait(*python_.memory().ReadPointer(lock.Plus(layout_.object.size)), lock);
    SnapshotThread shown;
    shown.tid = tid;
    shown.time_class = TimeClass::kWait;
    snapshot_.threads.push_back(shown);
    owned_.push_back(std::move(thread));
    threads_.push_back(owned_.back().get());
    return *threads_.back();
  }
  // With a frame in a `with` of `lock`.
  void PutWithin(WatchedThread& thread, RemoteAddress lock) {
    const RemoteAddress name = python_.builder().Allocate(64);
    python_.memory().SetText(name, "__exit__");
    const RemoteAddress definition = python_.builder().Allocate(64);
    python_.memory().Set(definition, name);
    const RemoteAddress exit =
        python_.Object("builtin_function_or_method", {definition.value(), lock.value()});
    thread.stack.Push(python_.Frame("app.py", "work", {}, {exit, RemoteAddress()}));
  }
  const SnapshotWait* Tell(int tid) {
    snapshot_.deadlocks.clear();
    SnapshotWaits(python_.memory(), interpreter_, codes_, *states_, threads_).Tell(snapshot_);
    const auto& wait = snapshot_.Find(tid)->waits_for;
    return wait ? &*wait : nullptr;
  }

  const Layout& layout_ = *GetParam();
  MadePython python_{layout_};
  CodeCache codes_{python_.memory(), layout_};
  Interpreter interpreter_;
  std::optional<ThreadStates> states_;
  std::vector<std::unique_ptr<WatchedThread>> owned_;
  std::vector<WatchedThread*> threads_;
  Snapshot snapshot_;
};

INSTANTIATE_TEST_SUITE_P(Layouts, SnapshotWaitsTest, EveryLayout(), LayoutName);

TEST_P(SnapshotWaitsTest, NamesTheOwnerAsAThread) {
  AddWaiter(11, Lock("_thread.RLock", 12));
  AddWaiter(12, Lock("_thread.lock"));
  const SnapshotWait* wait = Tell(11);
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->how, How::kOwner);
  EXPECT_EQ(wait->held_by, 12);
  EXPECT_EQ(snapshot_.Find(12)->waits_for->how, How::kUnwritten);
  EXPECT_THAT(snapshot_.deadlocks, IsEmpty());
  threads_[1]->reading = Reading::kGone;
  EXPECT_EQ(Tell(11)->how, How::kEnded);
}

TEST_P(SnapshotWaitsTest, TwoThatWaitForOneAnotherAreADeadlock) {
  AddWaiter(11, Lock("_thread.RLock", 12));
  AddWaiter(12, Lock("_thread.RLock", 11));
  AddWaiter(13, Lock("_thread.RLock", 11));
  ASSERT_TRUE(Tell(13));
  ASSERT_EQ(snapshot_.deadlocks.size(), 1U);
  EXPECT_THAT(snapshot_.deadlocks[0], testing::UnorderedElementsAre(11, 12));
}

TEST_P(SnapshotWaitsTest, AWaitThatEndsByItselfIsNoDeadlock) {
  AddWaiter(11, Lock("_thread.RLock", 12));
  AddWaiter(12, Lock("_thread.RLock", 11)).call.arguments[3] = 0x7ffd00000000;
  ASSERT_TRUE(Tell(12));
  EXPECT_TRUE(snapshot_.Find(12)->waits_for->timeout);
  EXPECT_THAT(snapshot_.deadlocks, IsEmpty());
}

TEST_P(SnapshotWaitsTest, NothingIsSaidOfAThreadThatHasRunMeanwhile) {
  AddWaiter(11, Lock("_thread.RLock", 12)).settled_slices = 7;
  AddWaiter(12, Lock("_thread.RLock", 11));
  EXPECT_FALSE(Tell(11));
  EXPECT_TRUE(Tell(12));
  EXPECT_THAT(snapshot_.deadlocks, IsEmpty());
}

TEST_P(SnapshotWaitsTest, APlainLockIsGivenToTheOneThatIsWithinIt) {
  const RemoteAddress lock = Lock("_thread.lock");
  AddWaiter(11, lock);
  PutWithin(AddWaiter(12, Lock("_thread.RLock", 11)), lock);
  const SnapshotWait* wait = Tell(11);
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->how, How::kWith);
  EXPECT_EQ(wait->held_by, 12);
  EXPECT_EQ(snapshot_.deadlocks.size(), 1U);
  PutWithin(AddWaiter(13, Lock("_thread.lock")), lock);
  EXPECT_EQ(Tell(11)->how, How::kUnwritten) << "one of two";
}

TEST_P(SnapshotWaitsTest, TheGilIsHeldByWhoHadIt) {
  AddWaiter(11, Lock("_thread.lock"));
  AddWaiter(12, Lock("_thread.lock"));
  for (SnapshotThread& thread : snapshot_.threads) thread.gil = 0x1000;
  snapshot_.threads[0].time_class = TimeClass::kGil;
  snapshot_.threads[1].holds_gil = true;
  const SnapshotWait* wait = Tell(11);
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->kind, "GIL");
  EXPECT_EQ(wait->how, How::kOwner);
  EXPECT_EQ(wait->held_by, 12);
  snapshot_.threads[1].holds_gil = false;
  EXPECT_EQ(Tell(11)->how, How::kNobody) << "it is being handed over";
}

}  // namespace
}  // namespace spyhop
