#include "sampler/python/thread_ends.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_memory.h"
#include "tests/fakes/object_builder.h"
#include "tests/unit/sampler/python/layout_param.h"

namespace spyhop {
namespace {

class ThreadEndsTest : public testing::TestWithParam<const Layout*> {
 protected:
  RemoteAddress Thread(std::string_view attribute, RemoteAddress value) {
    return builder_.Instance({{builder_.Str(attribute), value}},
                             ObjectBuilder::InstanceShape::kDict);
  }
  ThreadEnds Ends(const ObjectBuilder::Items& threads) {
    const RemoteAddress interpreter = builder_.Allocate(layout_.interpreter.size);
    const RemoteAddress threading =
        builder_.Module(builder_.Dict({{builder_.Str("_active"), builder_.Dict(threads)}}));
    builder_.Put(interpreter, layout_.interpreter.modules,
                 builder_.Dict({{builder_.Str("threading"), threading}}));
    return ThreadEnds(memory_, layout_, interpreter);
  }
  RemoteAddress Object(std::string_view type) {
    const RemoteAddress object = builder_.Allocate(64);
    builder_.Put(object, layout_.object.ob_type, builder_.Type(type, 0));
    return object;
  }

  const Layout& layout_ = *GetParam();
  FakeMemory memory_;
  ObjectBuilder builder_{memory_, layout_};
};

INSTANTIATE_TEST_SUITE_P(Layouts, ThreadEndsTest, EveryLayout(), LayoutName);

TEST_P(ThreadEndsTest, KnowsAThreadByItsLock) {
  const RemoteAddress lock = Object("_thread.lock");
  const ThreadEnds ends = Ends(
      {{builder_.Int(1), Thread("name", lock)}, {builder_.Int(2), Thread("_tstate_lock", lock)}});
  EXPECT_EQ(ends.WhoseLock(lock), 2U);
  EXPECT_EQ(ends.WhoseLock(RemoteAddress()), std::nullopt);
  EXPECT_EQ(ends.WhoseLock(lock.Plus(8)), std::nullopt);
  EXPECT_EQ(ends.WhoseHandle(lock), std::nullopt);
}

TEST_P(ThreadEndsTest, KnowsAThreadByItsHandle) {
  constexpr uint64_t kHandle = 0x7f3300000000;
  for (const char* attribute : {"_handle", "_os_thread_handle"}) {
    const RemoteAddress object = Object("_thread._ThreadHandle");
    memory_.Set(object.Plus(layout_.object.size), kHandle);
    const ThreadEnds ends = Ends({{builder_.Int(7), Thread(attribute, object)}});
    EXPECT_EQ(ends.WhoseHandle(RemoteAddress(kHandle + 57)), 7U);
    EXPECT_EQ(ends.WhoseHandle(RemoteAddress(kHandle + 72)), std::nullopt);
    EXPECT_EQ(ends.WhoseHandle(RemoteAddress(kHandle - 1)), std::nullopt);
  }
}

TEST_P(ThreadEndsTest, AHandleIsKnownByItsType) {
  const RemoteAddress object = Object("Handle");
  memory_.Set(object.Plus(layout_.object.size), uint64_t{0x7f3300000000});
  const ThreadEnds ends = Ends({{builder_.Int(7), Thread("_handle", object)}});
  EXPECT_EQ(ends.WhoseHandle(RemoteAddress(0x7f3300000000)), std::nullopt);
}

}  // namespace
}  // namespace spyhop
