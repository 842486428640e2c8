#include "sampler/python/thread_states.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_memory.h"
#include "tests/fakes/object_builder.h"
#include "tests/unit/sampler/python/layout_param.h"

namespace spyhop {
namespace {

using LookResult = ThreadStates::LookResult;

class ThreadStatesTest : public testing::TestWithParam<const Layout*> {
 protected:
  ThreadStatesTest() {
    gil_ = objects_.Allocate(256);
    objects_.Put(world_.interpreter, layout().interpreter.gil, gil_);
    interpreter_.layout = layout();
    interpreter_.runtime = world_.runtime;
    interpreter_.interpreters_head = world_.head;
    interpreter_.first = world_.interpreter;
    interpreter_.current_thread_global = gil_;
    SetIds(world_.tstate, 0x7000, 11);
  }

  const Layout& layout() const { return *GetParam(); }
  void SetIds(RemoteAddress tstate, uint64_t pthread, uint64_t native) {
    objects_.Put(tstate, layout().thread.thread_id, pthread);
    objects_.Put(tstate, layout().thread.native_thread_id, native);
  }
  // New threads come to the front of the list, as in new_threadstate (Python/pystate.c).
  RemoteAddress AddThread(RemoteAddress interpreter, uint64_t pthread) {
    const PointerField& head = layout().interpreter.threads_head;
    const RemoteAddress tstate = objects_.Allocate(layout().thread.size);
    objects_.Put(tstate, layout().thread.interp, interpreter);
    objects_.Put(tstate, layout().thread.next, *memory_.ReadPointer(head.At(interpreter)));
    SetIds(tstate, pthread, pthread);
    memory_.Set(head.At(interpreter), tstate);
    return tstate;
  }
  void HoldGil(RemoteAddress tstate) {
    switch (layout().features.gil_model) {
      case GilModel::kCurrentThreadGlobal:
        memory_.Set(gil_, tstate);
        return;
      case GilModel::kRuntime:
        return SetGilFields(layout().runtime.gil.At(world_.runtime), tstate);
      case GilModel::kInterpreter:
        return SetGilFields(gil_, tstate);
    }
  }
  void SetGilFields(RemoteAddress gil, RemoteAddress tstate) {
    memory_.Set(layout().gil.last_holder.At(gil), tstate);
    memory_.Set(layout().gil.locked.At(gil), int32_t{!tstate.is_null()});
    objects_.Put(gil, layout().gil.enabled, 1);
  }

  FakeMemory memory_;
  ObjectBuilder objects_{memory_, *GetParam()};
  ObjectBuilder::World world_ = objects_.Interpreter(0x030B07F0);
  RemoteAddress gil_;
  Interpreter interpreter_;
};

TEST_P(ThreadStatesTest, FindsTheThreadsOfAllInterpreters) {
  const RemoteAddress second = AddThread(world_.interpreter, 0x8000);
  const RemoteAddress other = objects_.Allocate(layout().interpreter.size);
  objects_.Put(other, layout().interpreter.next, world_.interpreter);
  objects_.Put(other, layout().interpreter.gil, gil_);
  const RemoteAddress third = AddThread(other, 0x9000);
  memory_.Set(world_.head, other);  // the newest interpreter comes first

  ThreadStates states(memory_, interpreter_);
  ASSERT_EQ(states.Look(), LookResult::kChanged);
  ASSERT_EQ(states.interpreters().size(), 2u);
  ASSERT_EQ(states.threads().size(), 3u);
  EXPECT_EQ(states.threads()[0].address, third);
  EXPECT_EQ(states.threads()[1].address, second);
  EXPECT_EQ(states.threads()[2].address, world_.tstate);
  EXPECT_EQ(states.threads()[1].pthread_id, 0x8000u);
  EXPECT_EQ(states.Look(), LookResult::kSame);
}

TEST_P(ThreadStatesTest, ALookAtUnchangedListsIsOneBatch) {
  for (uint64_t i = 0; i < 50; ++i) AddThread(world_.interpreter, 0x10000 + i);
  ThreadStates states(memory_, interpreter_);
  states.Look();
  memory_.ClearLog();
  EXPECT_EQ(states.Look(), LookResult::kSame);
  EXPECT_EQ(memory_.batches(), 1u);
}

TEST_P(ThreadStatesTest, WhileTheGilStaysWithOneThreadOnlyThoseAwakeAreCopied) {
  for (uint64_t i = 0; i < 50; ++i) AddThread(world_.interpreter, 0x10000 + i);
  HoldGil(world_.tstate);
  ThreadStates states(memory_, interpreter_);
  states.Look();
  states.Look();
  const ThreadStates::ThreadEntry* const awake[] = {&states.threads().back()};
  ASSERT_EQ(awake[0]->address, world_.tstate);
  EXPECT_TRUE(states.HeldGilLast(*awake[0]));
  const bool tells = layout().gil.switch_number.present() && layout().gil.last_holder.present();
  EXPECT_NE(states.HeldGilLast(states.threads().front()), tells);
  memory_.ClearLog();
  EXPECT_EQ(states.LookAt(awake), tells ? LookResult::kQuiet : LookResult::kSame);
  EXPECT_EQ(memory_.batches(), 1u);
  if (!tells) return;
  for (const FakeMemory::LoggedRead& read : memory_.log()) {
    EXPECT_NE(read.address, states.threads().front().address);
  }

  HoldGil(states.threads().front().address);
  EXPECT_EQ(states.LookAt(awake), LookResult::kSame);
  AddThread(world_.interpreter, 0x8000);
  EXPECT_EQ(states.LookAt(awake), LookResult::kChanged);
}

TEST_P(ThreadStatesTest, ATurnThatCameBackToTheSameThreadIsNotQuiet) {
  if (!layout().gil.switch_number.present()) GTEST_SKIP() << "has no count of turns";
  HoldGil(world_.tstate);
  ThreadStates states(memory_, interpreter_);
  states.Look();
  states.Look();
  const RemoteAddress gil = states.interpreters()[0].gil->address();
  memory_.Set(layout().gil.switch_number.At(gil), uint64_t{2});
  EXPECT_EQ(states.LookAt({}), LookResult::kSame);
}

TEST_P(ThreadStatesTest, SeesThreadsComeAndGo) {
  ThreadStates states(memory_, interpreter_);
  states.Look();
  const RemoteAddress added = AddThread(world_.interpreter, 0x8000);
  EXPECT_EQ(states.Look(), LookResult::kChanged);
  ASSERT_EQ(states.threads().size(), 2u);
  EXPECT_EQ(states.threads()[0].address, added);
  memory_.Set(layout().interpreter.threads_head.At(world_.interpreter), world_.tstate);
  EXPECT_EQ(states.Look(), LookResult::kChanged);
  EXPECT_EQ(states.threads().size(), 1u);
}

TEST_P(ThreadStatesTest, NamesTheHolderOfTheGil) {
  ThreadStates states(memory_, interpreter_);
  HoldGil(world_.tstate);
  states.Look();
  EXPECT_EQ(states.interpreters()[0].gil->holder(), world_.tstate);
  HoldGil(RemoteAddress());
  states.Look();
  EXPECT_EQ(states.interpreters()[0].gil->holder(), RemoteAddress());
}

TEST_P(ThreadStatesTest, AGilThatIsDisabledHasNoHolder) {
  HoldGil(world_.tstate);
  // Only free-threaded builds have the switch; in the others the GIL is always there.
  const bool has_switch = layout().gil.enabled.present();
  objects_.Put(gil_, layout().gil.enabled, 0);
  ThreadStates states(memory_, interpreter_);
  states.Look();
  EXPECT_EQ(states.interpreters()[0].gil->enabled(), !has_switch);
  EXPECT_EQ(states.interpreters()[0].gil->holder(), has_switch ? RemoteAddress() : world_.tstate);
}

TEST_P(ThreadStatesTest, ACircleOfThreadStatesEnds) {
  const RemoteAddress second = AddThread(world_.interpreter, 0x8000);
  objects_.Put(world_.tstate, layout().thread.next, second);
  ThreadStates states(memory_, interpreter_);
  states.Look();
  EXPECT_LE(states.threads().size(), 32768u);
}

TEST_P(ThreadStatesTest, TellsATargetThatIsGone) {
  ThreadStates states(memory_, interpreter_);
  states.Look();
  memory_.Unmap(AddressRange::OfSize(world_.interpreter, layout().interpreter.size));
  memory_.Unmap(AddressRange::OfSize(world_.head, 8));
  EXPECT_EQ(states.Look(), LookResult::kUnreadable);
}

INSTANTIATE_TEST_SUITE_P(EveryTable, ThreadStatesTest, EveryLayout(), LayoutName);

}  // namespace
}  // namespace spyhop
