#include "sampler/native_merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace spyhop {
namespace {

// Stacks are written leaf first, a letter a frame. Native: E an evaluation, c calling, r runtime,
// w work. Python: small letters, capital ones are entry frames. Merged: native frames as they are,
// Python's behind a dot.
std::vector<NativeRole> Roles(std::string_view letters) {
  std::vector<NativeRole> roles;
  for (const char letter : letters) {
    roles.push_back(letter == 'E'   ? NativeRole::kEvaluation
                    : letter == 'c' ? NativeRole::kCalling
                    : letter == 'r' ? NativeRole::kRuntime
                                    : NativeRole::kWork);
  }
  return roles;
}

RawStack Python(std::string_view letters) {
  RawStack stack(100);
  for (const char letter : letters) {
    const auto code = static_cast<uint64_t>(letter);
    stack.Push({RemoteAddress(code), 0, letter >= 'A' && letter <= 'Z'});
  }
  return stack;
}

class NativeMergeTest : public ::testing::Test {
 protected:
  std::string Merge(std::string_view native, const RawStack& python, bool whole = true) {
    native_ = native;
    python_ = python;
    fit_ = MergeStacks(Roles(native), whole, python_, merged_);
    return Text();
  }
  std::string Fold() {
    FoldInternals(Roles(native_), merged_);
    return Text();
  }
  std::string Text() const {
    std::string text;
    for (const MergedFrame& frame : merged_) {
      if (frame.is_native) {
        text += native_[frame.index];
      } else {
        text += '.';
        text += static_cast<char>(python_.frames()[frame.index].code.value());
      }
    }
    return text;
  }

  std::string native_;
  RawStack python_{100};
  std::vector<MergedFrame> merged_;
  MergeFit fit_ = MergeFit::kMismatch;
};

TEST_F(NativeMergeTest, EachLoopStandsForTheFramesUpToItsEntryFrame) {
  EXPECT_EQ(Merge("wcEcwErr", Python("abCdE")), "wc.a.b.Ccw.d.Err");
  EXPECT_EQ(fit_, MergeFit::kWhole);
}

TEST_F(NativeMergeTest, ALoopThatHasNoFrameYetIsTheLeaf) {
  EXPECT_EQ(Merge("cEcwErr", Python("aB")), "cEcw.a.Brr");
  EXPECT_EQ(fit_, MergeFit::kWhole);
}

TEST_F(NativeMergeTest, AFrameThatHasNoLoopYetIsTheLeaf) {
  EXPECT_EQ(Merge("cwErr", Python("AbC")), ".Acw.b.Crr");
  EXPECT_EQ(fit_, MergeFit::kWhole);
}

TEST_F(NativeMergeTest, StacksThatDoNotFitAreBothKept) {
  EXPECT_EQ(Merge("wEr", Python("ABC")), "wEr.A.B.C");
  EXPECT_EQ(fit_, MergeFit::kMismatch);
  EXPECT_EQ(Merge("EEEr", Python("A")), "EEEr.A");
  EXPECT_EQ(fit_, MergeFit::kMismatch);
}

TEST_F(NativeMergeTest, WithoutTheNativeRootTheLeavesAreAligned) {
  EXPECT_EQ(Merge("wEcE", Python("aBCD"), false), "w.a.Bc.C.D");
  EXPECT_EQ(fit_, MergeFit::kPartial);
}

TEST_F(NativeMergeTest, WithoutThePythonRootTheLeavesAreAligned) {
  RawStack python = Python("aB");
  python.Truncate(SampleErrorCode::kUnreadable, RemoteAddress(1));
  EXPECT_EQ(Merge("wEcEEr", python), "w.a.BcEEr");
  EXPECT_EQ(fit_, MergeFit::kPartial);
}

TEST_F(NativeMergeTest, AThreadWithoutPythonFramesIsItsNativeStack) {
  EXPECT_EQ(Merge("wrr", Python("")), "wrr");
  EXPECT_EQ(fit_, MergeFit::kWhole);
  EXPECT_EQ(Fold(), "wrr");
}

TEST_F(NativeMergeTest, FoldingLeavesWhatWorksAndHidesHowItIsCalled) {
  Merge("rccEcrcEcErrwr", Python("AbCD"));
  EXPECT_EQ(Fold(),
            "r.A"
            "r.b.C"
            ".D"
            "w")
      << "sort and work, no calls, nothing below the first";
}

TEST_F(NativeMergeTest, FoldingHidesALoopThatHasNoFrame) {
  Merge("rEcEr", Python("A"));
  EXPECT_EQ(Fold(), "r.A");
}

}  // namespace
}  // namespace spyhop
