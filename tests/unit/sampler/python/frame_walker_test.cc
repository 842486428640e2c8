// Each test runs over every layout table there is.
#include "sampler/python/frame_walker.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/fakes/fake_memory.h"
#include "tests/fakes/stack_builder.h"
#include "tests/unit/sampler/python/layout_param.h"

namespace spyhop {
namespace {

constexpr RemoteAddress kBase(0x7e0000000000);

class FrameWalkerTest : public testing::TestWithParam<const Layout*> {
 protected:
  FrameWalkerTest() : builder_(memory_, *GetParam(), kBase), walker_(MakeFrameWalker(*GetParam())) {
    builder_.PushShim();
  }

  void Prepare(CopyBudget budget) {
    const std::vector<uint8_t> tstate = builder_.TstateCopy();
    memory_.ClearLog();
    walker_->Prepare(memory_, builder_.tstate(), tstate.data(), budget);
    batch_.clear();
    walker_->AppendTo(batch_);
  }
  void CopyAndWalk() {
    memory_.ReadBatch(absl::MakeSpan(batch_));
    EXPECT_EQ(walker_->Walk(memory_, batch_.data(), stack_), batch_.size());
  }
  void Walk(CopyBudget budget = CopyBudget::kBounded) {
    Prepare(budget);
    CopyAndWalk();
  }
  void ExpectWholeStackOf(const std::vector<uint64_t>& numbers) {
    EXPECT_TRUE(stack_.whole()) << Name(stack_.error().code);
    ASSERT_EQ(stack_.frames().size(), numbers.size());
    for (size_t i = 0; i < numbers.size(); ++i) {
      EXPECT_EQ(stack_.frames()[i].code, StackBuilder::CodeAddress(numbers[i])) << i;
      EXPECT_EQ(stack_.frames()[i].instruction, StackBuilder::Instruction(numbers[i])) << i;
    }
  }
  bool Chunked() const { return GetParam()->features.frame_model != FrameModel::kFrameObjects; }

  FakeMemory memory_;
  StackBuilder builder_;
  std::unique_ptr<FrameWalker> walker_;
  std::vector<ReadRequest> batch_;
  RawStack stack_{kMaxFrames};
};

TEST_P(FrameWalkerTest, GivesTheLeafFirst) {
  builder_.PushMany(1, 3);
  Walk();
  ExpectWholeStackOf({3, 2, 1});
}

TEST_P(FrameWalkerTest, AnIdleThreadHasNoFrames) {
  Walk();
  ExpectWholeStackOf({});
}

TEST_P(FrameWalkerTest, ShimsMarkEntriesAndAreNotFrames) {
  builder_.Push(1);
  builder_.Push(2);
  builder_.PushShim();
  builder_.Push(3);
  Walk();
  ExpectWholeStackOf({3, 2, 1});
  if (GetParam()->features.entry_marker != EntryMarker::kShim) return;
  EXPECT_TRUE(stack_.frames()[0].entry);
  EXPECT_FALSE(stack_.frames()[1].entry);
  EXPECT_TRUE(stack_.frames()[2].entry);
}

TEST_P(FrameWalkerTest, FollowsFramesInsideGenerators) {
  builder_.Push(1);
  builder_.PushOutside(2);
  builder_.Push(3);
  Walk();
  ExpectWholeStackOf({3, 2, 1});
}

TEST_P(FrameWalkerTest, AStackThatBeginsInAGeneratorIsTorn) {
  if (!Chunked()) return;  // their frames do not tell; StackResolver asks the code
  StackBuilder torn(memory_, *GetParam(), RemoteAddress(0x7d0000000000));
  torn.PushOutside(1);
  torn.Push(2);
  walker_->Prepare(memory_, torn.tstate(), torn.TstateCopy().data(), CopyBudget::kBounded);
  batch_.clear();
  walker_->AppendTo(batch_);
  CopyAndWalk();
  EXPECT_EQ(stack_.error().code, SampleErrorCode::kIncompleteFrame);
}

TEST_P(FrameWalkerTest, AFrameThatHasBeenPoppedIsTorn) {
  if (!Chunked()) return;
  builder_.PushMany(1, 3);
  const RemoteAddress popped = builder_.leaf();
  builder_.Pop();
  builder_.SetCurrentFrame(popped);
  Walk();
  EXPECT_EQ(stack_.error().code, SampleErrorCode::kIncompleteFrame);
}

TEST_P(FrameWalkerTest, ASteadyStackIsOneReadWithoutSurprises) {
  builder_.PushMany(1, 20);
  builder_.PushOutside(50);
  Walk();
  Walk();
  Prepare(CopyBudget::kBounded);
  EXPECT_EQ(memory_.batches(), 0u) << "the guess is still right: nothing to look at";
  CopyAndWalk();
  EXPECT_EQ(memory_.batches(), 1u);
  EXPECT_FALSE(walker_->missed());
}

TEST_P(FrameWalkerTest, ADeeperCallAfterTheGuessCostsNoReadWhereFramesLieInChunks) {
  builder_.PushMany(1, 20);
  Walk();
  Prepare(CopyBudget::kBounded);
  builder_.PushMany(100, 4);
  memory_.ClearLog();
  CopyAndWalk();
  ASSERT_EQ(stack_.frames().size(), 24u);
  EXPECT_EQ(stack_.frames()[0].code, StackBuilder::CodeAddress(103));
  if (Chunked()) {
    // The shim is the one frame that the guess of the first walk had not known.
    EXPECT_LE(memory_.batches(), 2u);
  }
}

TEST_P(FrameWalkerTest, ReturnsAndCallsBetweenGuessAndCopyAreSeen) {
  builder_.PushMany(1, 10);
  Walk();
  Prepare(CopyBudget::kBounded);
  for (int i = 0; i < 5; ++i) builder_.Pop();
  builder_.PushMany(70, 2);
  CopyAndWalk();
  ExpectWholeStackOf({71, 70, 5, 4, 3, 2, 1});
}

TEST_P(FrameWalkerTest, FollowsTheStackIntoNewChunksAndBack) {
  constexpr size_t kDeep = 600;
  builder_.PushMany(1, 10);
  for (int round = 0; round < 3; ++round) {
    builder_.PushMany(1000, kDeep);
    Walk();
    ASSERT_EQ(stack_.frames().size(), kDeep + 10);
    EXPECT_TRUE(stack_.whole());
    EXPECT_EQ(stack_.frames().back().code, StackBuilder::CodeAddress(1));
    for (size_t i = 0; i < kDeep; ++i) builder_.Pop();
    Walk();
    ASSERT_EQ(stack_.frames().size(), 10u);
  }
}

TEST_P(FrameWalkerTest, AnUnstoppedDeepStackIsReadWhole) {
  constexpr size_t kDepth = 20'000;
  builder_.PushMany(1, kDepth);
  Walk(CopyBudget::kWhole);
  EXPECT_TRUE(stack_.whole());
  ASSERT_EQ(stack_.frames().size(), kDepth);
  EXPECT_EQ(stack_.frames().back().code, StackBuilder::CodeAddress(1));
}

TEST_P(FrameWalkerTest, AStoppedDeepStackKeepsBothEndsAndMarksTheMiddle) {
  constexpr size_t kDepth = 20'000;
  builder_.PushMany(1, kDepth);
  Walk(CopyBudget::kBounded);
  EXPECT_EQ(stack_.error().code, SampleErrorCode::kTooDeep);
  EXPECT_TRUE(stack_.has_root());
  EXPECT_LT(stack_.frames().size(), 10'000u);
  EXPECT_EQ(stack_.frames().front().code, StackBuilder::CodeAddress(kDepth));
  EXPECT_EQ(stack_.frames().back().code, StackBuilder::CodeAddress(1));
  // Frames run down one by one on both sides of the gap.
  int gaps = 0;
  uint64_t last = kDepth + 1;
  for (const RawFrame& frame : stack_.frames()) {
    if (frame.code.is_null()) {
      ++gaps;
      last = 0;
      continue;
    }
    const uint64_t number = (frame.instruction - StackBuilder::Instruction(0)) / 2;
    if (last != 0) {
      EXPECT_EQ(number + 1, last);
    }
    last = number;
  }
  EXPECT_EQ(gaps, 1);
}

TEST_P(FrameWalkerTest, AnUnreadableFrameKeepsWhatLiesAboveIt) {
  builder_.PushMany(1, 5);
  builder_.PushOutside(6);
  const RemoteAddress lost = builder_.leaf();
  builder_.Push(7);
  memory_.Unmap(AddressRange::OfSize(lost, 8));
  Walk();
  EXPECT_FALSE(stack_.has_root());
  EXPECT_EQ(stack_.error().code, SampleErrorCode::kUnreadable);
  if (Chunked()) {
    ASSERT_EQ(stack_.frames().size(), 1u);
    EXPECT_EQ(stack_.frames()[0].code, StackBuilder::CodeAddress(7));
  }
}

TEST_P(FrameWalkerTest, AFrameThatPointsToItselfEnds) {
  builder_.Push(1);
  const PointerField previous =
      Chunked() ? GetParam()->iframe.previous : GetParam()->frame_object.f_back;
  memory_.Set(previous.At(builder_.leaf()), builder_.leaf());
  Walk();
  EXPECT_EQ(stack_.error().code, SampleErrorCode::kNoProgress);
}

TEST_P(FrameWalkerTest, ACircleOfFramesEnds) {
  builder_.Push(1);
  const RemoteAddress first = builder_.leaf();
  builder_.Push(2);
  builder_.Push(3);
  const PointerField previous =
      Chunked() ? GetParam()->iframe.previous : GetParam()->frame_object.f_back;
  memory_.Set(previous.At(first), builder_.leaf());
  Walk();
  EXPECT_FALSE(stack_.whole());
  EXPECT_LE(stack_.frames().size(), kMaxFrames);
}

TEST_P(FrameWalkerTest, AWildPointerEndsTheStack) {
  builder_.PushMany(1, 2);
  const PointerField previous =
      Chunked() ? GetParam()->iframe.previous : GetParam()->frame_object.f_back;
  memory_.Set(previous.At(builder_.leaf()), RemoteAddress(0xdeadbeefdeadbeef));
  Walk();
  EXPECT_EQ(stack_.error().code, SampleErrorCode::kBadPointer);
  EXPECT_EQ(stack_.frames().size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(EveryTable, FrameWalkerTest, EveryLayout(), LayoutName);

}  // namespace
}  // namespace spyhop
