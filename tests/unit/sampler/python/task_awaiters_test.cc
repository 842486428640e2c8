#include "sampler/python/task_awaiters.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_memory.h"
#include "tests/fakes/object_builder.h"
#include "tests/unit/sampler/python/layout_param.h"

namespace spyhop {
namespace {

constexpr uint64_t kWord = sizeof(RemoteAddress);

// Tasks and what hangs on them, as every layout with asyncio has them.
class TaskAwaitersTest : public testing::TestWithParam<const Layout*> {
 protected:
  void SetUp() override {
    const std::optional<AsyncioLayout> asyncio = FindAsyncioLayout(layout_);
    if (!asyncio) GTEST_SKIP() << "no tasks of C";
    if (!layout_.callable.qualname.present()) GTEST_SKIP() << "functions are not known";
    asyncio_ = *asyncio;
  }

  RemoteAddress Object(std::string_view type) {
    const RemoteAddress object = builder_.Allocate(512);
    builder_.Put(object, layout_.object.ob_type, builder_.Type(type, 0));
    return object;
  }

  RemoteAddress Future(RemoteAddress callback, std::string_view type = "_asyncio.Future") {
    const RemoteAddress future = Object(type);
    builder_.Put(future, asyncio_.callback.first, callback);
    return future;
  }
  RemoteAddress Task(RemoteAddress callback = {}) { return Future(callback, "_asyncio.Task"); }

  RemoteAddress Builtin(std::string_view name, RemoteAddress self) {
    const RemoteAddress text = builder_.Allocate(64);
    memory_.SetText(text, name);
    const RemoteAddress definition = builder_.Allocate(64);
    memory_.Set(definition, text);
    const RemoteAddress method = Object("builtin_function_or_method");
    builder_.Put(method, layout_.callable.m_ml, definition);
    builder_.Put(method, layout_.callable.m_self, self);
    return method;
  }
  RemoteAddress Wakeup(RemoteAddress task) { return Builtin("task_wakeup", task); }

  RemoteAddress Tuple(const std::vector<RemoteAddress>& items) {
    const RemoteAddress tuple = Object("tuple");
    builder_.Put(tuple, layout_.object.ob_size, static_cast<int64_t>(items.size()));
    for (size_t i = 0; i < items.size(); ++i) {
      memory_.Set(layout_.sequence.tuple_ob_item.At(tuple).Plus(i * kWord), items[i]);
    }
    return tuple;
  }

  RemoteAddress Function(std::string_view name, const std::vector<RemoteAddress>& closure = {}) {
    std::vector<RemoteAddress> cells;
    for (const RemoteAddress content : closure) {
      cells.push_back(Object("cell"));
      builder_.Put(cells.back(), layout_.simple.cell_ref, content);
    }
    const RemoteAddress function = Object("function");
    builder_.Put(function, layout_.callable.qualname, builder_.Str(name));
    builder_.Put(function, asyncio_.callback.closure, Tuple(cells));
    return function;
  }

  RemoteAddress Method(std::string_view name, RemoteAddress self) {
    const RemoteAddress method = Object("method");
    builder_.Put(method, layout_.callable.im_func, Function(name));
    builder_.Put(method, layout_.callable.im_self, self);
    return method;
  }

  std::optional<RemoteAddress> AwaiterOf(RemoteAddress task) {
    return TaskAwaiters(memory_, layout_, asyncio_).Of(task);
  }

  const Layout& layout_ = *GetParam();
  AsyncioLayout asyncio_;
  FakeMemory memory_;
  ObjectBuilder builder_{memory_, layout_};
};

TEST_P(TaskAwaitersTest, AreWhoIsWokenUp) {
  const RemoteAddress parent = Task();
  EXPECT_EQ(AwaiterOf(Task(Wakeup(parent))), parent);
  const RemoteAddress wrapper = Object("TaskWakeupMethWrapper");
  builder_.Put(wrapper, asyncio_.wrapped, parent);
  EXPECT_EQ(AwaiterOf(Task(wrapper)), parent);
  EXPECT_EQ(AwaiterOf(Task(Method("Task.__wakeup", parent))), parent);
}

TEST_P(TaskAwaitersTest, AreWhoAwaitsWhatIsSetThen) {
  const RemoteAddress parent = Task();
  const RemoteAddress outer = Future(Wakeup(parent));
  for (const std::string_view name :
       {"gather.<locals>._done_callback", "_gather.<locals>._done_callback",
        "_wait.<locals>._on_completion", "shield.<locals>._inner_done_callback"}) {
    EXPECT_EQ(AwaiterOf(Task(Function(name, {Object("list"), outer}))), parent) << name;
  }
  const RemoteAddress partial = Object("functools.partial");
  builder_.Put(partial, asyncio_.callback.partial_fn, Function("_release_waiter"));
  builder_.Put(partial, asyncio_.callback.partial_args, Tuple({outer}));
  EXPECT_EQ(AwaiterOf(Task(partial)), parent);
}

TEST_P(TaskAwaitersTest, AreFoundBehindCallbacksOfTheProgram) {
  const RemoteAddress parent = Task();
  const RemoteAddress task = Task(Function("main.<locals>.<lambda>", {Task(), Future({})}));
  EXPECT_EQ(AwaiterOf(task), std::nullopt);
  const RemoteAddress list = Object("list");
  const RemoteAddress items = builder_.Allocate(64);
  memory_.Set(items, Tuple({Builtin("discard", Object("set")), Object("Context")}));
  memory_.Set(items.Plus(kWord), Tuple({Wakeup(parent), Object("Context")}));
  builder_.Put(list, layout_.object.ob_size, int64_t{2});
  builder_.Put(list, layout_.sequence.list_ob_item, items);
  builder_.Put(task, asyncio_.callback.others, list);
  EXPECT_EQ(AwaiterOf(task), parent);
}

TEST_P(TaskAwaitersTest, AreNotThoseThatACallbackOnlyKnows) {
  const RemoteAddress other = Task();
  EXPECT_EQ(AwaiterOf(Task(Builtin("cancel", other))), std::nullopt);
  EXPECT_EQ(AwaiterOf(Task(Wakeup(Object("str")))), std::nullopt);
  EXPECT_EQ(AwaiterOf(Task(Method("Task.cancel", other))), std::nullopt);
  EXPECT_EQ(AwaiterOf(Task(RemoteAddress(0x1234'5678))), std::nullopt);
  EXPECT_EQ(AwaiterOf(Task()), std::nullopt);
}

TEST_P(TaskAwaitersTest, AreNotSoughtInACircle) {
  const RemoteAddress future = Future({});
  builder_.Put(future, asyncio_.callback.first,
               Function("shield.<locals>._inner_done_callback", {future}));
  EXPECT_EQ(AwaiterOf(future), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Layouts, TaskAwaitersTest, EveryLayout(), LayoutName);

}  // namespace
}  // namespace spyhop
