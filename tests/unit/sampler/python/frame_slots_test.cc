#include "sampler/python/frame_slots.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_memory.h"
#include "tests/fakes/object_builder.h"
#include "tests/unit/sampler/python/layout_param.h"

namespace spyhop {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// co_exceptiontable of this function in 3.11.7:
//   def f(a, b):
//       with a:          units 3 to 19: one deep
//           x()
//           with b:      20 to 34: two deep
//               y()
//       for i in z:
//           with a: w()  92 to 106: two deep, the loop's iterator is the first
constexpr uint8_t kTable[] = {
    131, 17, 65,  6,  3,  148, 15,  47, 5,   163, 12, 65,  6,  3, 175, 4,  51, 9,   179, 3, 65,
    6,   3,  182, 1,  51, 9,   183, 3,  65,  6,   3,  193, 6,  4, 65,  10, 7,  193, 13,  1, 65,
    10,  7,  193, 28, 15, 65,  55,  5,  193, 55,  4,  65,  59, 9, 193, 62, 1,  65,  59,  9};

TEST(DepthUnderHandler, IsWhatTheTableSays) {
  EXPECT_EQ(DepthUnderHandler(kTable, 0), 0U);
  EXPECT_EQ(DepthUnderHandler(kTable, 2), 0U) << "BEFORE_WITH: not yet entered";
  EXPECT_EQ(DepthUnderHandler(kTable, 3), 1U);
  EXPECT_EQ(DepthUnderHandler(kTable, 12), 1U);
  EXPECT_EQ(DepthUnderHandler(kTable, 34), 2U);
  EXPECT_EQ(DepthUnderHandler(kTable, 40), 1U) << "the inner __exit__ is called";
  EXPECT_EQ(DepthUnderHandler(kTable, 63), 0U);
  EXPECT_EQ(DepthUnderHandler(kTable, 92), 2U);
  EXPECT_EQ(DepthUnderHandler(kTable, 131), 0U);
}

TEST(DepthUnderHandler, IsNothingInATableThatMakesNoSense) {
  EXPECT_EQ(DepthUnderHandler({}, 0), 0U);
  const std::vector<uint8_t> endless(100, 0xff);
  EXPECT_EQ(DepthUnderHandler(endless, 0), 0U);
  for (size_t size = 0; size < 4; ++size) {
    EXPECT_EQ(DepthUnderHandler({kTable, size}, 3), 0U) << "cut to " << size;
  }
}

class FrameSlotsTest : public testing::TestWithParam<const Layout*> {
 protected:
  bool objects() const { return layout_.features.frame_model == FrameModel::kFrameObjects; }

  // A frame of two locals and the stack {0x1000, 0x2000, 0x3000}, in a handler two deep.
  RawFrame MakeFrame() {
    const RemoteAddress code = builder_.Allocate(layout_.code.size + 512);
    const RemoteAddress frame = builder_.Allocate(1024);
    if (objects()) {
      const FrameObjectLayout& fields = layout_.frame_object;
      builder_.Put(frame, fields.f_code, code);
      builder_.Put(frame, fields.f_valuestack, fields.f_localsplus.At(frame).Plus(16));
      builder_.Put(frame, fields.f_iblock, 2);
      const int32_t blocks[] = {122, 40, 1, 122, 30, 2};
      memory_.Set(fields.f_blockstack.At(frame), blocks);
    } else {
      builder_.Put(frame, layout_.iframe.code, code);
      builder_.Put(frame, layout_.iframe.instr_ptr,
                   layout_.code.code_adaptive.At(code).Plus(2 * 30));
      builder_.Put(code, layout_.code.nlocalsplus, 2);
      builder_.Put(code, layout_.code.exceptiontable,
                   builder_.Bytes({reinterpret_cast<const char*>(kTable), sizeof(kTable)}));
    }
    const uint64_t tag = layout_.features.code_tag_mask;
    const uint64_t values[] = {0xa000 | tag, 0xb000, 0x1000 | tag, 0x2000, 0x3000};
    memory_.Set(Locals(frame), values);
    RawFrame raw;
    raw.code = code;
    raw.address = frame;
    return raw;
  }
  RemoteAddress Locals(RemoteAddress frame) const {
    return objects() ? layout_.frame_object.f_localsplus.At(frame)
                     : layout_.iframe.localsplus.At(frame);
  }
  std::vector<RemoteAddress> Under(const RawFrame& frame) { return slots_.UnderHandlers(frame); }

  const Layout& layout_ = *GetParam();
  FakeMemory memory_;
  ObjectBuilder builder_{memory_, layout_};
  FrameSlots slots_{memory_, layout_};
};

INSTANTIATE_TEST_SUITE_P(Layouts, FrameSlotsTest, EveryLayout(), LayoutName);

TEST_P(FrameSlotsTest, ReadsWhatLiesUnderTheInnermostHandler) {
  const RawFrame frame = MakeFrame();
  EXPECT_THAT(Under(frame), ElementsAre(RemoteAddress(0x1000), RemoteAddress(0x2000)));
  EXPECT_EQ(slots_.FirstLocal(frame), RemoteAddress(0xa000));
  EXPECT_THAT(slots_.Anything(frame), testing::Contains(RemoteAddress(0x3000)));
}

TEST_P(FrameSlotsTest, ReadsNothingOfAnotherFrame) {
  RawFrame frame = MakeFrame();
  frame.code = frame.code.Plus(64);
  EXPECT_THAT(Under(frame), IsEmpty());
  frame.address = RemoteAddress(0x7e0000000000);
  EXPECT_THAT(Under(frame), IsEmpty());
  EXPECT_EQ(slots_.FirstLocal(frame), std::nullopt);
  EXPECT_THAT(slots_.Anything(frame), IsEmpty());
  frame.address = RemoteAddress();
  EXPECT_THAT(Under(frame), IsEmpty());
  EXPECT_EQ(slots_.FirstLocal(frame), std::nullopt);
}

TEST_P(FrameSlotsTest, ReadsNothingWithoutAHandler) {
  const RawFrame frame = MakeFrame();
  if (objects()) {
    builder_.Put(frame.address, layout_.frame_object.f_iblock, 0);
  } else {
    builder_.Put(frame.address, layout_.iframe.instr_ptr,
                 layout_.code.code_adaptive.At(frame.code));
  }
  EXPECT_THAT(Under(frame), IsEmpty());
}

TEST_P(FrameSlotsTest, BelievesNoNumberThatCannotBe) {
  const RawFrame frame = MakeFrame();
  for (const int32_t number : {-1, INT32_MIN, INT32_MAX, 100'000}) {
    if (objects()) {
      builder_.Put(frame.address, layout_.frame_object.f_iblock, number);
      EXPECT_THAT(Under(frame), IsEmpty()) << number;
      builder_.Put(frame.address, layout_.frame_object.f_iblock, 1);
      memory_.Set(layout_.frame_object.f_blockstack.At(frame.address).Plus(8), number);
    } else {
      builder_.Put(frame.code, layout_.code.nlocalsplus, number);
    }
    EXPECT_THAT(Under(frame), IsEmpty()) << number;
  }
}

}  // namespace
}  // namespace spyhop
