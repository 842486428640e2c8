#include "sampler/python/thread_names.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_memory.h"
#include "tests/fakes/object_builder.h"
#include "tests/unit/sampler/python/layout_param.h"

namespace spyhop {
namespace {

using InstanceShape = ObjectBuilder::InstanceShape;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

class ThreadNamesTest : public testing::TestWithParam<const Layout*> {
 protected:
  // An interpreter whose threading module knows `threads`.
  RemoteAddress InterpreterWith(RemoteAddress threads) {
    const RemoteAddress interpreter = builder_.Allocate(layout_.interpreter.size);
    const RemoteAddress threading =
        builder_.Module(builder_.Dict({{builder_.Str("_active"), threads}}));
    builder_.Put(interpreter, layout_.interpreter.modules,
                 builder_.Dict({{builder_.Str("sys"), builder_.Int(0)},
                                {builder_.Str("threading"), threading}}));
    return interpreter;
  }

  RemoteAddress Thread(RemoteAddress name, InstanceShape shape) {
    const bool is_python2 = layout_.features.string_model == StringModel::kPython2;
    const char* attribute = is_python2 ? "_Thread__name" : "_name";
    return builder_.Instance({{builder_.Str(attribute), name}}, shape);
  }

  auto Read(RemoteAddress interpreter) { return ReadThreadNames(memory_, layout_, interpreter); }

  const Layout& layout_ = *GetParam();
  FakeMemory memory_;
  ObjectBuilder builder_{memory_, layout_};
};

INSTANTIATE_TEST_SUITE_P(Layouts, ThreadNamesTest, EveryLayout(), LayoutName);

TEST_P(ThreadNamesTest, ReadsActiveThreads) {
  const RemoteAddress threads = builder_.Dict({
      {builder_.Int(0x7f1234567000), Thread(builder_.Str("MainThread"), InstanceShape::kDict)},
      {builder_.Int(0x7f1234568000), Thread(builder_.Str("worker"), InstanceShape::kValues)},
  });
  EXPECT_THAT(
      Read(InterpreterWith(threads)),
      UnorderedElementsAre(Pair(0x7f1234567000, "MainThread"), Pair(0x7f1234568000, "worker")));
}

TEST_P(ThreadNamesTest, OneBadThreadCostsOnlyItsOwnName) {
  const RemoteAddress threads = builder_.Dict({
      {builder_.Int(1), RemoteAddress(0x10008)},
      {builder_.Int(2), Thread(builder_.Int(5), InstanceShape::kDict)},
      {builder_.Str("3"), Thread(builder_.Str("odd"), InstanceShape::kDict)},
      {builder_.Int(4), Thread(builder_.Str("good"), InstanceShape::kDict)},
  });
  EXPECT_THAT(Read(InterpreterWith(threads)), UnorderedElementsAre(Pair(4, "good")));
}

TEST_P(ThreadNamesTest, EmptyWithoutThreading) {
  const RemoteAddress interpreter = builder_.Allocate(layout_.interpreter.size);
  EXPECT_THAT(Read(interpreter), IsEmpty());
  builder_.Put(interpreter, layout_.interpreter.modules, builder_.Dict({}));
  EXPECT_THAT(Read(interpreter), IsEmpty());
  EXPECT_THAT(Read(InterpreterWith(builder_.Int(1))), IsEmpty());
}

}  // namespace
}  // namespace spyhop
