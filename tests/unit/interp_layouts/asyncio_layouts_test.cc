#include "interp_layouts/asyncio_layouts.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "interp_layouts/registry.h"

namespace spyhop {
namespace {

// Of 3.14.10, as in its _asyncio module: task, interpreter, thread.
constexpr std::array<uint64_t, 13> kTable = {168,    136,   96,  108, 109, 128, 152,
                                             225864, 10880, 936, 864, 872, 880};

absl::Span<const uint8_t> Bytes(const std::array<uint64_t, 13>& table) {
  return {reinterpret_cast<const uint8_t*>(table.data()), sizeof(table)};
}

const Layout& LayoutOf(uint8_t minor) {
  for (const Layout& layout : AllLayouts()) {
    if (layout.last.major == 3 && layout.last.minor == minor && layout.flags == AbiFlags()) {
      return layout;
    }
  }
  return AllLayouts().front();
}

TEST(AsyncioLayouts, AreThereForEachPythonWithTasksOfC) {
  for (const Layout& layout : AllLayouts()) {
    const bool has_tasks = layout.last.major == 3 && layout.last.minor >= 7;
    EXPECT_EQ(FindAsyncioLayout(layout).has_value(), has_tasks) << layout.provenance;
  }
}

TEST(AsyncioLayouts, KeepEachFieldInItsStruct) {
  for (const Layout& layout : AllLayouts()) {
    const std::optional<AsyncioLayout> asyncio = FindAsyncioLayout(layout);
    if (!asyncio) continue;
    const TaskLayout& task = asyncio->task;
    const SuspensionLayout& frame = asyncio->suspension;
    EXPECT_EQ(asyncio->wrapped.offset, layout.object.size);
    EXPECT_TRUE(asyncio->context_version.present());
    EXPECT_LE(asyncio->context_version.end(), layout.thread.size);
    EXPECT_GT(asyncio->context_version.offset, layout.thread.thread_id.offset);
    EXPECT_EQ(asyncio->callback.first.offset, task.loop.end());
    if (layout.last.minor < 14) {
      EXPECT_LT(task.state.offset, task.fut_waiter.offset);
      EXPECT_EQ(task.coro.offset, task.fut_waiter.end());
      EXPECT_LE(task.coro.end(), task.size);
      EXPECT_EQ(task.name.present(), layout.last.minor >= 8);
    }
    EXPECT_EQ(frame.gi_frame.present(), layout.frame_object.f_code.present());
    if (frame.gi_frame.present()) {
      EXPECT_LT(frame.f_valuestack.offset, layout.frame_object.f_lasti.offset);
      EXPECT_LE(frame.first_local.offset, layout.frame_object.size);
    } else {
      EXPECT_NE(frame.stacktop.present(), frame.stackpointer.present());
      EXPECT_LT(layout.iframe.instr_ptr.offset, layout.iframe.localsplus.offset);
    }
  }
}

TEST(AsyncioLayouts, TakeTasksAndListsFromTheTargetsTable) {
  const Layout& layout = LayoutOf(14);
  const std::optional<AsyncioLayout> base = FindAsyncioLayout(layout);
  ASSERT_TRUE(base.has_value());
  EXPECT_FALSE(base->task.coro.present());
  const auto asyncio = WithAsyncioDebug(*base, layout, Bytes(kTable));
  ASSERT_TRUE(asyncio.has_value());
  EXPECT_EQ(asyncio->task.loop.offset, 16u);
  EXPECT_EQ(asyncio->task.state.offset, 104u);
  EXPECT_EQ(asyncio->task.fut_waiter.offset, 120u);
  EXPECT_EQ(asyncio->task.coro.offset, 128u);
  EXPECT_EQ(asyncio->task.node.offset, 152u);
  EXPECT_EQ(asyncio->lists.interpreter_head.offset, 10880u);
  EXPECT_EQ(asyncio->lists.thread_head.offset, 880u);
  EXPECT_EQ(asyncio->lists.running_loop.offset, 864u);
  EXPECT_EQ(asyncio->lists.running_task.offset, 872u);
}

TEST(AsyncioLayouts, DoNotGuessWhereAVersionToComeCountsSwitches) {
  Layout layout = LayoutOf(15);
  layout.last.minor = 16;
  const std::optional<AsyncioLayout> asyncio = FindAsyncioLayout(layout);
  ASSERT_TRUE(asyncio.has_value());
  EXPECT_FALSE(asyncio->context_version.present());
}

TEST(AsyncioLayouts, RefuseATableThatMakesNoSense) {
  const Layout& layout = LayoutOf(14);
  const AsyncioLayout base = *FindAsyncioLayout(layout);
  EXPECT_FALSE(WithAsyncioDebug(base, layout, Bytes(kTable).first(100)).has_value());
  for (const size_t word : {0, 1, 3, 5, 6, 7, 8, 9, 10, 12}) {
    for (const uint64_t wrong : {uint64_t{3}, uint64_t{1} << 40}) {
      std::array<uint64_t, 13> table = kTable;
      table[word] = wrong;
      EXPECT_FALSE(WithAsyncioDebug(base, layout, Bytes(table)).has_value())
          << "word " << word << " is " << wrong;
    }
  }
  EXPECT_FALSE(
      WithAsyncioDebug(*FindAsyncioLayout(LayoutOf(13)), LayoutOf(13), Bytes(kTable)).has_value());
}

}  // namespace
}  // namespace spyhop
