#include "sampler/python/gil.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_memory.h"
#include "tests/unit/sampler/python/layout_param.h"

namespace spyhop {
namespace {

constexpr RemoteAddress kState(0x7f0000100000);  // the interpreter's, with all of its bytes
constexpr RemoteAddress kRuntime(0x555500000000);
constexpr RemoteAddress kGil(0x7f0000200000);  // where the interpreter points to it
constexpr RemoteAddress kCurrentThread(0x555500100000);
constexpr RemoteAddress kLockPointer(0x555500100100);
constexpr RemoteAddress kLock(0x7f0000300000);
constexpr RemoteAddress kThread(0x7f0000400000);

class GilReaderTest : public testing::TestWithParam<const Layout*> {
 protected:
  GilReaderTest() {
    interpreter_.layout = *GetParam();
    if (model() == GilModel::kCurrentThreadGlobal) {
      interpreter_.current_thread_global = gil_ = kCurrentThread;
      memory_.Set(gil_, kThread);
      return;
    }
    interpreter_.runtime = kRuntime;
    gil_ = model() == GilModel::kRuntime ? layout().runtime.gil.At(kRuntime) : kGil;
    if (model() == GilModel::kInterpreter) memory_.Set(layout().interpreter.gil.At(kState), kGil);
    memory_.Fill(gil_, fields().size);
    memory_.Set(fields().last_holder.At(gil_), kThread);
    memory_.Set(fields().locked.At(gil_), int32_t{1});
    memory_.Set(fields().switch_number.At(gil_), uint64_t{77});
    if (fields().enabled.present()) memory_.Set(fields().enabled.At(gil_), int32_t{1});
  }

  const Layout& layout() const { return interpreter_.layout; }
  const GilLayout& fields() const { return interpreter_.layout.gil; }
  GilModel model() const { return interpreter_.layout.features.gil_model; }
  bool HasStruct() const { return model() != GilModel::kCurrentThreadGlobal; }

  GilReader Make() { return {memory_, interpreter_, kState}; }
  GilReader Read() {
    GilReader gil = Make();
    std::vector<ReadRequest> batch;
    gil.AppendTo(batch);
    memory_.ReadBatch(absl::MakeSpan(batch));
    gil.Settle(batch[0]);
    return gil;
  }

  FakeMemory memory_;
  Interpreter interpreter_;
  RemoteAddress gil_;
};

TEST_P(GilReaderTest, TellsTheHolder) {
  const GilReader gil = Read();
  ASSERT_TRUE(gil.known());
  EXPECT_EQ(gil.address(), gil_);
  EXPECT_EQ(gil.holder(), kThread);
  EXPECT_TRUE(gil.enabled());
}

TEST_P(GilReaderTest, NobodyHoldsAFreeOne) {
  if (HasStruct()) {
    memory_.Set(fields().locked.At(gil_), int32_t{0});
  } else {
    memory_.Set(gil_, RemoteAddress());
  }
  EXPECT_EQ(Read().holder(), RemoteAddress());
}

// Python/ceval_gil.c of 3.6 to 3.12: `locked` is -1 until the GIL is made.
TEST_P(GilReaderTest, NobodyHoldsOneThatIsNotMadeYet) {
  if (!HasStruct()) return;
  memory_.Set(fields().locked.At(gil_), int32_t{-1});
  EXPECT_EQ(Read().holder(), RemoteAddress());
}

TEST_P(GilReaderTest, NobodyHoldsADisabledOne) {
  if (!fields().enabled.present()) return;
  memory_.Set(fields().enabled.At(gil_), int32_t{0});
  const GilReader gil = Read();
  EXPECT_FALSE(gil.enabled());
  EXPECT_EQ(gil.holder(), RemoteAddress());
  EXPECT_EQ(gil.turn(), std::nullopt);
}

TEST_P(GilReaderTest, ATurnIsAHolderAndANumber) {
  const std::optional<GilReader::Turn> turn = Read().turn();
  ASSERT_EQ(turn.has_value(), HasStruct());
  if (!turn) return;
  EXPECT_EQ(*turn, (GilReader::Turn{kThread, 77}));
  memory_.Set(fields().switch_number.At(gil_), uint64_t{78});
  EXPECT_NE(Read().turn(), turn);
}

TEST_P(GilReaderTest, ATurnOutlastsTheHolding) {
  if (!HasStruct()) return;
  const std::optional<GilReader::Turn> turn = Read().turn();
  memory_.Set(fields().locked.At(gil_), int32_t{0});
  EXPECT_EQ(Read().turn(), turn);
}

TEST_P(GilReaderTest, WhatCouldNotBeReadTellsNothing) {
  memory_.Unmap(AddressRange::OfSize(gil_, 8));
  const GilReader gil = Read();
  EXPECT_EQ(gil.holder(), RemoteAddress());
  EXPECT_EQ(gil.turn(), std::nullopt);
}

TEST_P(GilReaderTest, IsNotKnownWhereTheInterpreterPointsNowhere) {
  if (model() != GilModel::kInterpreter) return;
  memory_.Set(layout().interpreter.gil.At(kState), RemoteAddress(3));
  EXPECT_FALSE(Make().known());
  memory_.Unmap(AddressRange::OfSize(layout().interpreter.gil.At(kState), 8));
  EXPECT_FALSE(Make().known());
}

// Python/ceval_gil.h, 3.7+: the condition variables and mutexes are members of the struct.
TEST_P(GilReaderTest, ItsLockIsAnywhereInTheStruct) {
  if (!HasStruct()) return;
  GilReader gil = Make();
  EXPECT_EQ(gil.IsLock(gil_), true);
  EXPECT_EQ(gil.IsLock(gil_.Plus(fields().size - 4)), true);
  EXPECT_EQ(gil.IsLock(gil_.Plus(fields().size)), false);
  EXPECT_EQ(gil.IsLock(RemoteAddress(gil_.value() - 4)), false);
}

TEST_P(GilReaderTest, AStrippedOldBuildDoesNotTellItsLock) {
  if (HasStruct()) return;
  EXPECT_EQ(Make().IsLock(kLock), std::nullopt);
}

// Python/ceval.c, 2.7: interpreter_lock points to an allocated lock (null until a thread starts).
TEST_P(GilReaderTest, ItsLockIsFoundThroughAPointer) {
  if (HasStruct()) return;
  interpreter_.gil_lock_pointer = kLockPointer;
  GilReader gil = Make();
  memory_.Set(kLockPointer, RemoteAddress());
  EXPECT_EQ(gil.IsLock(kLock), false);
  memory_.Set(kLockPointer, kLock);
  EXPECT_EQ(gil.IsLock(kLock), true);
  EXPECT_EQ(gil.IsLock(kLock.Plus(48)), true);
  EXPECT_EQ(gil.IsLock(kLock.Plus(96)), false);
}

// Python/ceval_gil.h, 3.6: static variables.
TEST_P(GilReaderTest, ItsLockIsOneOfTheStaticOnes) {
  if (HasStruct()) return;
  interpreter_.gil_locks = {AddressRange::OfSize(kLock, 48),
                            AddressRange::OfSize(kLock.Plus(0x100), 40)};
  GilReader gil = Make();
  EXPECT_EQ(gil.IsLock(kLock.Plus(44)), true);
  EXPECT_EQ(gil.IsLock(kLock.Plus(48)), false);
  EXPECT_EQ(gil.IsLock(kLock.Plus(0x100)), true);
}

TEST(GilLayouts, OfAllKindsAreTested) {
  for (const GilModel model :
       {GilModel::kCurrentThreadGlobal, GilModel::kRuntime, GilModel::kInterpreter}) {
    bool found = false;
    for (const Layout& layout : AllLayouts()) found |= layout.features.gil_model == model;
    EXPECT_TRUE(found) << static_cast<int>(model);
  }
}

INSTANTIATE_TEST_SUITE_P(Layouts, GilReaderTest, EveryLayout(), LayoutName);

}  // namespace
}  // namespace spyhop
