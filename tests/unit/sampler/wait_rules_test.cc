#include "sampler/wait_rules.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace spyhop {
namespace {

using Frames = std::vector<WaitFrame>;

constexpr char kThreading[] = "/usr/lib/python3.11/threading.py";
constexpr char kQueue[] = "/usr/lib/python3.11/queue.py";
constexpr char kSelectors[] = "/usr/lib/python3.11/selectors.py";
constexpr char kBase[] = "/usr/lib/python3.11/asyncio/base_events.py";
constexpr char kApp[] = "/srv/app/main.py";

const Frames kThreadRoot = {{kThreading, "Thread.run"},
                            {kThreading, "Thread._bootstrap_inner"},
                            {kThreading, "Thread._bootstrap"}};

Frames operator+(Frames a, const Frames& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::string NameOf(const Frames& frames) { return std::string(FindWaiter(frames).name); }

TimeClass ClassOf(const Frames& frames, const WaitFacts& facts) {
  return ClassOfWait(frames, FindWaiter(frames), facts);
}

WaitFacts Lock(bool main_thread = true) { return {CallKind::kLock, false, main_thread, ""}; }
WaitFacts Of(CallKind kind) { return {kind, false, true, ""}; }

TEST(IsFile, TakesTheStandardLibrarysFileOnly) {
  EXPECT_TRUE(IsFile("/usr/lib/python3.11/queue.py", "queue.py"));
  EXPECT_TRUE(IsFile("/opt/py/lib/python38.zip/queue.py", "queue.py"));
  EXPECT_TRUE(IsFile("queue.py", "queue.py"));
  EXPECT_FALSE(IsFile("/srv/app/queue.py", "queue.py"));
  EXPECT_FALSE(IsFile("/usr/lib/python3/dist-packages/queue.py", "queue.py"));
  EXPECT_FALSE(IsFile("/usr/lib/python3.11/myqueue.py", "queue.py"));
}

TEST(IsFile, TakesALongerPathAnywhereAndFoldersByName) {
  EXPECT_TRUE(IsFile("/srv/venv/lib/gunicorn/arbiter.py", "gunicorn/arbiter.py"));
  EXPECT_FALSE(IsFile("/srv/notgunicorn/arbiter.py", "gunicorn/arbiter.py"));
  EXPECT_TRUE(IsFile("/x/eventlet/hubs/poll.py", "eventlet/hubs/"));
  EXPECT_FALSE(IsFile("/x/myeventlet/hubs/poll.py", "eventlet/hubs/"));
  EXPECT_FALSE(IsFile("", "queue.py"));
}

TEST(FindWaiter, TellsConditionEventBarrierAndSemaphoreByTheCallers) {
  const Frames condition = {{kThreading, "wait"}, {kApp, "f"}};
  EXPECT_EQ(NameOf(condition), "threading.Condition");
  EXPECT_EQ(NameOf({{kThreading, "wait"}, {kThreading, "wait"}, {kApp, "f"}}), "threading.Event");
  EXPECT_EQ(NameOf({{kThreading, "wait"}, {kThreading, "acquire"}, {kApp, "f"}}),
            "threading.Semaphore");
  EXPECT_EQ(NameOf({{kThreading, "wait"},
                    {kThreading, "wait_for"},
                    {kThreading, "_wait"},
                    {kThreading, "wait"},
                    {kApp, "f"}}),
            "threading.Barrier");
  EXPECT_EQ(FindWaiter(condition).frame, 1u);
}

TEST(FindWaiter, ReadsQualifiedNamesAlike) {
  EXPECT_EQ(NameOf({{kThreading, "Condition.wait"}, {kThreading, "Event.wait"}, {kApp, "f"}}),
            "threading.Event");
  EXPECT_EQ(NameOf({{kThreading, "Condition.wait"}, {kQueue, "Queue.get"}, {kApp, "f"}}),
            "queue.get");
  EXPECT_EQ(NameOf({{kThreading, "Condition.wait"}, {kQueue, "Queue.put"}, {kApp, "f"}}),
            "queue.put");
}

TEST(FindWaiter, KnowsAJoinInEveryVersion) {
  constexpr char kOld[] = "/usr/lib/python2.7/threading.py";
  EXPECT_EQ(NameOf({{kOld, "wait"}, {kOld, "join"}, {kApp, "f"}}), "thread join");
  EXPECT_EQ(NameOf({{kThreading, "_wait_for_tstate_lock"}, {kThreading, "join"}, {kApp, "f"}}),
            "thread join");
  EXPECT_EQ(NameOf({{kThreading, "Thread.join"}, {kApp, "f"}}), "thread join");
  EXPECT_EQ(NameOf({{kThreading, "_shutdown"}}), "thread join");
}

TEST(FindWaiter, SaysNothingOfALockTakenInThePrograms) {
  const Waiter waiter = FindWaiter(Frames{{kApp, "wait"}, {kApp, "main"}});
  EXPECT_EQ(waiter.name, "");
  EXPECT_EQ(waiter.frame, 0u);
}

TEST(ClassOfWait, IsIdleInAnEventLoopsPoll) {
  const Frames asyncio = {{kSelectors, "EpollSelector.select"},
                          {kBase, "BaseEventLoop._run_once"},
                          {kBase, "BaseEventLoop.run_forever"},
                          {kApp, "main"}};
  EXPECT_EQ(ClassOf(asyncio, Of(CallKind::kPoll)), TimeClass::kIdle);
  const Frames in_callback =
      Frames{{kApp, "callback"}} + Frames(asyncio.begin() + 1, asyncio.end());
  EXPECT_EQ(ClassOf(in_callback, Of(CallKind::kPoll)), TimeClass::kWait)
      << "a poll in a callback holds the loop up";
}

TEST(ClassOfWait, IsIdleInASelectorOfTheProgramsOwnButNotForAChild) {
  EXPECT_EQ(ClassOf({{kSelectors, "select"}, {kApp, "serve"}}, Of(CallKind::kPoll)),
            TimeClass::kIdle);
  EXPECT_EQ(ClassOf({{kSelectors, "select"},
                     {"/usr/lib/python3.11/subprocess.py", "Popen._communicate"},
                     {kApp, "f"}},
                    Of(CallKind::kPoll)),
            TimeClass::kWait);
  EXPECT_EQ(ClassOf({{kSelectors, "select"},
                     {"/usr/lib/python3.11/multiprocessing/connection.py", "wait"},
                     {kApp, "f"}},
                    Of(CallKind::kPoll)),
            TimeClass::kWait);
  EXPECT_EQ(ClassOf({{kApp, "f"}}, Of(CallKind::kPoll)), TimeClass::kWait);
}

TEST(ClassOfWait, IsIdleInAcceptAndWithoutAnyPython) {
  EXPECT_EQ(ClassOf({{kApp, "serve"}}, Of(CallKind::kAccept)), TimeClass::kIdle);
  EXPECT_EQ(ClassOf({}, Lock()), TimeClass::kIdle);
}

TEST(ClassOfWait, IsAWaitForSleepsReadsLocksAndJoins) {
  EXPECT_EQ(ClassOf({{kApp, "f"}}, Of(CallKind::kSleep)), TimeClass::kWait);
  EXPECT_EQ(ClassOf({{kApp, "f"}}, Of(CallKind::kRead)), TimeClass::kWait);
  EXPECT_EQ(ClassOf({{kApp, "f"}}, Lock()), TimeClass::kWait);
  EXPECT_EQ(ClassOf(Frames{{kThreading, "join"}, {kApp, "f"}} + kThreadRoot, Lock(false)),
            TimeClass::kWait);
  EXPECT_EQ(ClassOf(Frames{{kApp, "f"}} + kThreadRoot, Of(CallKind::kSleep)), TimeClass::kWait);
}

const Frames kQueueGet = {{kThreading, "Condition.wait"}, {kQueue, "Queue.get"}};

TEST(ClassOfWait, IsIdleInAWorkersQueueButNotInTheMainThreads) {
  const Frames worker = kQueueGet + Frames{{kApp, "worker"}} + kThreadRoot;
  EXPECT_EQ(ClassOf(worker, Lock(/*main_thread=*/false)), TimeClass::kIdle);
  EXPECT_EQ(ClassOf(worker, Lock(/*main_thread=*/true)), TimeClass::kWait);
  EXPECT_EQ(ClassOf(kQueueGet + Frames{{kApp, "main"}}, Lock()), TimeClass::kWait);
}

TEST(ClassOfWait, IsAWaitWhereAWorkerAsksForAnAnswerDeeperDown) {
  const Frames asks = kQueueGet + Frames{{kApp, "call"}, {kApp, "handle"}, {kApp, "worker"}};
  EXPECT_EQ(ClassOf(asks + kThreadRoot, Lock(false)), TimeClass::kWait);
}

TEST(ClassOfWait, TakesTheRunMethodOfAThreadClassForItsLoop) {
  const Frames root(kThreadRoot.begin() + 1, kThreadRoot.end());
  EXPECT_EQ(ClassOf(kQueueGet + Frames{{kApp, "Worker.run"}} + root, Lock(false)),
            TimeClass::kIdle);
  EXPECT_EQ(
      ClassOf(kQueueGet + Frames{{kApp, "Worker.next"}, {kApp, "Worker.run"}} + root, Lock(false)),
      TimeClass::kIdle);
}

TEST(ClassOfWait, TakesAConditionWithATimeoutForAWait) {
  const Frames frames = Frames{{kThreading, "Condition.wait"}, {kApp, "worker"}} + kThreadRoot;
  WaitFacts facts = Lock(false);
  EXPECT_EQ(ClassOf(frames, facts), TimeClass::kIdle);
  facts.has_timeout = true;
  EXPECT_EQ(ClassOf(frames, facts), TimeClass::kWait);
}

TEST(ClassOfWait, IsIdleInTheThreadsOfPools) {
  constexpr char kPool[] = "/usr/lib/python3.11/concurrent/futures/thread.py";
  EXPECT_EQ(ClassOf(Frames{{kPool, "_worker"}} + kThreadRoot, Lock(false)), TimeClass::kIdle);
  const Frames working =
      Frames{{kThreading, "wait"}, {kApp, "task"}, {kPool, "_WorkItem.run"}, {kPool, "_worker"}};
  EXPECT_EQ(ClassOf(working + kThreadRoot, Lock(false)), TimeClass::kWait);
  constexpr char kProcesses[] = "/usr/lib/python3.11/multiprocessing/pool.py";
  EXPECT_EQ(ClassOf({{"/usr/lib/python3.11/multiprocessing/connection.py", "Connection._recv"},
                     {"/usr/lib/python3.11/multiprocessing/queues.py", "SimpleQueue.get"},
                     {kProcesses, "worker"}},
                    Of(CallKind::kRead)),
            TimeClass::kIdle);
}

TEST(ClassOfWait, TellsATimerFromAThreadWhoseTargetIsALock) {
  const Frames root(kThreadRoot.begin() + 1, kThreadRoot.end());
  const Frames event = {{kThreading, "Condition.wait"}, {kThreading, "Event.wait"}};
  const Frames old_event = {{kThreading, "wait"}, {kThreading, "wait"}};
  EXPECT_EQ(ClassOf(event + Frames{{kThreading, "Timer.run"}} + root, Lock(false)),
            TimeClass::kIdle);
  EXPECT_EQ(ClassOf(old_event + Frames{{kThreading, "run"}} + root, Lock(false)), TimeClass::kIdle);
  EXPECT_EQ(ClassOf(event + kThreadRoot, Lock(false)), TimeClass::kWait);
  EXPECT_EQ(ClassOf(Frames{{kThreading, "run"}} + root, Lock(false)), TimeClass::kWait);
}

TEST(ClassOfWait, LooksForTheFrameThatARuleWantsNearerToTheRoot) {
  const Frames transport = {{"/x/kombu/transport/redis.py", "poll"}};
  const Frames consumer = transport + Frames{{"/x/celery/worker/loops.py", "synloop"}};
  EXPECT_EQ(ClassOf(consumer, Of(CallKind::kRead)), TimeClass::kIdle);
  EXPECT_EQ(ClassOf(consumer, Of(CallKind::kSleep)), TimeClass::kIdle);
  EXPECT_EQ(ClassOf(transport + Frames{{kApp, "f"}}, Of(CallKind::kRead)), TimeClass::kWait);
}

}  // namespace
}  // namespace spyhop
