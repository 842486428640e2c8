#include "sampler/python/asyncio_tasks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_memory.h"
#include "tests/fakes/object_builder.h"
#include "tests/unit/sampler/python/layout_param.h"

namespace spyhop {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr uint64_t kWord = sizeof(RemoteAddress);
constexpr RemoteAddress kThread{0x7000'0000'0000};

// An interpreter with asyncio.tasks in every layout that has tasks of C.
class AsyncioTasksTest : public testing::TestWithParam<const Layout*> {
 protected:
  void SetUp() override {
    const std::optional<AsyncioLayout> asyncio = FindAsyncioLayout(layout_);
    if (!asyncio) GTEST_SKIP() << "no tasks of C";
    asyncio_ = *asyncio;
    if (!asyncio_.task.coro.present()) UseLists();
    task_type_ = builder_.Type("_asyncio.Task", 0, asyncio_.task.size);
    memory_.Fill(kThread, 4096);
    interpreter_ = builder_.Allocate(layout_.interpreter.size);
  }

  // As _AsyncioDebug has it in 3.14 and later; here with lists at the start of their structs.
  void UseLists() {
    asyncio_.task = {.size = 168,
                     .loop = asyncio_.task.loop,
                     .state = {104},
                     .fut_waiter = {120},
                     .coro = {128},
                     .name = {136},
                     .node = {152}};
    asyncio_.lists = {.interpreter_head = {64}, .thread_head = {64}, .running_loop = {128}};
  }

  bool has_lists() const { return asyncio_.lists.thread_head.present(); }

  RemoteAddress Task(int32_t state = 0) {
    const RemoteAddress task = builder_.Allocate(512);
    builder_.Put(task, layout_.object.ob_type, task_type_);
    builder_.Put(task, asyncio_.task.loop, builder_.Allocate(64));
    builder_.Put(task, asyncio_.task.coro, builder_.Allocate(64));
    builder_.Put(task, asyncio_.task.state, state);
    builder_.Put(task, asyncio_.task.name, builder_.Str("one"));
    return task;
  }

  RemoteAddress Set(const std::vector<RemoteAddress>& keys, uint64_t mask = 15) {
    const RemoteAddress set = builder_.Allocate(256);
    builder_.Put(set, layout_.object.ob_type, builder_.Type("set", 0));
    const RemoteAddress table = builder_.Allocate(16 * 2 * kWord);
    for (size_t i = 0; i < keys.size(); ++i) {
      memory_.Set(table.Plus((2 * i + 1) * 2 * kWord), keys[i]);
    }
    memory_.Set(set.Plus(layout_.object.size + 2 * kWord), mask);
    memory_.Set(set.Plus(layout_.object.size + 3 * kWord), table);
    return set;
  }

  RemoteAddress Reference(RemoteAddress object) {
    const RemoteAddress reference = builder_.Allocate(64);
    builder_.Put(reference, asyncio_.wrapped, object);
    return reference;
  }

  void PutModule(const ObjectBuilder::Items& names) {
    const RemoteAddress module = builder_.Module(builder_.Dict(names));
    const RemoteAddress modules = builder_.Dict({{builder_.Str("asyncio.tasks"), module}});
    builder_.Put(interpreter_, layout_.interpreter.modules, modules);
  }

  // asyncio.tasks with the set as the data of its weak set.
  void PutWeakSet(RemoteAddress data, std::string_view name = "_scheduled_tasks") {
    const RemoteAddress weak_set =
        builder_.Instance({{builder_.Str("data"), data}}, ObjectBuilder::InstanceShape::kDict);
    PutModule({{builder_.Str(name), weak_set}});
  }

  // Lists of tasks, from `head` back to it.
  void Link(RemoteAddress head, const std::vector<RemoteAddress>& tasks) {
    RemoteAddress before = head;
    for (const RemoteAddress task : tasks) {
      memory_.Set(before, asyncio_.task.node.At(task));
      before = asyncio_.task.node.At(task);
    }
    memory_.Set(before, head);
  }

  RawTasks Read() { return AsyncioTasks(memory_, layout_, asyncio_).Read(interpreter_, {kThread}); }
  std::vector<RemoteAddress> Found() {
    std::vector<RemoteAddress> found;
    for (const RawTask& task : Read().tasks) found.push_back(task.address);
    return found;
  }

  const Layout& layout_ = *GetParam();
  AsyncioLayout asyncio_;
  FakeMemory memory_;
  ObjectBuilder builder_{memory_, layout_};
  RemoteAddress task_type_;
  RemoteAddress interpreter_;
};

TEST_P(AsyncioTasksTest, SeesWhetherAsyncioIsLoaded) {
  AsyncioTasks tasks(memory_, layout_, asyncio_);
  EXPECT_FALSE(tasks.IsLoaded(interpreter_));
  PutModule({});
  EXPECT_TRUE(tasks.IsLoaded(interpreter_));
}

TEST_P(AsyncioTasksTest, FindsThoseThatAreNotDone) {
  const RemoteAddress one = Task();
  const RemoteAddress two = Task();
  const RemoteAddress none = builder_.Allocate(64);
  builder_.Put(none, layout_.object.ob_type, builder_.Type("NoneType", 0));
  for (const std::string_view name : {"_all_tasks", "_scheduled_tasks"}) {
    PutWeakSet(Set({Reference(one), Reference(Task(2)), Reference(none), Reference(two)}), name);
    EXPECT_THAT(Found(), UnorderedElementsAre(one, two));
  }
  const RawTask task = Read().tasks.front();
  EXPECT_TRUE(task.coroutine.MayHoldPointer() && task.loop.MayHoldPointer());
  if (asyncio_.task.name.present()) {
    EXPECT_EQ(AsyncioTasks(memory_, layout_, asyncio_).NameOf(task), "one");
  }
}

TEST_P(AsyncioTasksTest, FindsThoseOfTheLists) {
  if (!has_lists()) GTEST_SKIP() << "it has none";
  PutModule({});
  const std::vector<RemoteAddress> tasks = {Task(), Task(), Task(1), Task()};
  Link(asyncio_.lists.thread_head.At(kThread), {tasks[0], tasks[1]});
  Link(asyncio_.lists.interpreter_head.At(interpreter_), {tasks[2], tasks[3]});
  EXPECT_THAT(Found(), UnorderedElementsAre(tasks[0], tasks[1], tasks[3]));
}

TEST_P(AsyncioTasksTest, ComesOutOfAListThatRunsInACircle) {
  if (!has_lists()) GTEST_SKIP() << "it has none";
  PutModule({});
  const RemoteAddress one = Task();
  const RemoteAddress node = asyncio_.task.node.At(one);
  memory_.Set(asyncio_.lists.thread_head.At(kThread), node);
  memory_.Set(node, node);
  EXPECT_THAT(Found(), UnorderedElementsAre(one));
  memory_.Set(node, RemoteAddress(0x1234));
  EXPECT_THAT(Found(), UnorderedElementsAre(one));
}

TEST_P(AsyncioTasksTest, ReadsNoSetThatIsTooLarge) {
  PutWeakSet(Set({Reference(Task())}, uint64_t{1} << 50));
  EXPECT_THAT(Found(), IsEmpty());
}

TEST_P(AsyncioTasksTest, FindsTasksWrittenInPython) {
  const RemoteAddress coroutine = builder_.Allocate(64);
  const RemoteAddress waiter = builder_.Allocate(64);
  const auto task = [&](std::string_view state) {
    return builder_.Instance({{builder_.Str("_loop"), builder_.Allocate(64)},
                              {builder_.Str("_coro"), coroutine},
                              {builder_.Str("_fut_waiter"), waiter},
                              {builder_.Str("_state"), builder_.Str(state)},
                              {builder_.Str("_name"), builder_.Str("mine")}},
                             ObjectBuilder::InstanceShape::kDict);
  };
  const RemoteAddress pending = task("PENDING");
  PutWeakSet(Set({Reference(pending), Reference(task("FINISHED"))}));
  const RawTasks found = Read();
  ASSERT_EQ(found.tasks.size(), 1u);
  EXPECT_EQ(found.tasks[0].address, pending);
  EXPECT_EQ(found.tasks[0].coroutine, coroutine);
  EXPECT_EQ(found.tasks[0].waits_for, waiter);
}

TEST_P(AsyncioTasksTest, ReadsNoTasksOfAnotherSize) {
  task_type_ = builder_.Type("_asyncio.Task", 0, asyncio_.task.size + 8);
  PutWeakSet(Set({Reference(Task())}));
  const RawTasks found = Read();
  EXPECT_THAT(found.tasks, IsEmpty());
  EXPECT_TRUE(found.misfit);
}

TEST_P(AsyncioTasksTest, CountsThoseThatItLeavesOut) {
  if (!has_lists()) GTEST_SKIP() << "one way of many tasks is enough";
  PutModule({});
  std::vector<RemoteAddress> tasks;
  for (size_t i = 0; i < kMaxTasks + 10; ++i) tasks.push_back(Task());
  Link(asyncio_.lists.thread_head.At(kThread), tasks);
  const RawTasks found = Read();
  EXPECT_EQ(found.tasks.size(), kMaxTasks);
  EXPECT_EQ(found.left_out, 10u);
}

INSTANTIATE_TEST_SUITE_P(Layouts, AsyncioTasksTest, EveryLayout(), LayoutName);

}  // namespace
}  // namespace spyhop
