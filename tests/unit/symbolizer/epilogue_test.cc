#include "symbolizer/epilogue.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

namespace spyhop {
namespace {

using Base = UnwindRow::Base;

std::optional<UnwindRow> RowOf(std::initializer_list<uint8_t> code) {
  return RowOfEpilogue(std::vector<uint8_t>(code));
}

// rbp: where it lies below the CFA; 0: where it is.
UnwindRow FromRsp(int32_t cfa, int32_t rbp) {
  return {.cfa = {Base::kRsp, false, cfa},
          .rbp = rbp == 0 ? UnwindRow::Value{Base::kRbp, false, 0}
                          : UnwindRow::Value{Base::kCfa, true, rbp},
          .return_address = {Base::kCfa, true, -8}};
}

TEST(Epilogue, OfCPythonsTrampolinesForPerf) {
  // 3.12: add rsp, 8; ret
  EXPECT_EQ(RowOf({0x48, 0x83, 0xC4, 0x08, 0xC3}), FromRsp(16, 0));
  // 3.13: pop rbp; ret
  EXPECT_EQ(RowOf({0x5D, 0xC3}), FromRsp(16, -16));
}

TEST(Epilogue, RestoresInTheOrderOfTheCode) {
  // add rsp, 0x118; pop rbx; pop rbp; pop r12; ret
  EXPECT_EQ(RowOf({0x48, 0x81, 0xC4, 0x18, 0x01, 0x00, 0x00, 0x5B, 0x5D, 0x41, 0x5C, 0xC3}),
            FromRsp(0x118 + 32, -24));
  EXPECT_EQ(RowOf({0xC3}), FromRsp(8, 0));
  EXPECT_EQ(RowOf({0xF3, 0xC3}), FromRsp(8, 0));
}

TEST(Epilogue, MayLeaveByTheFramePointer) {
  const UnwindRow row{.cfa = {Base::kRbp, false, 16},
                      .rbp = {Base::kCfa, true, -16},
                      .return_address = {Base::kCfa, true, -8}};
  EXPECT_EQ(RowOf({0xC9, 0xC3}), row);
}

TEST(Epilogue, WhatDoesAnythingElseIsNone) {
  EXPECT_FALSE(RowOf({}));
  EXPECT_FALSE(RowOf({0x90, 0xC3}));                    // nop
  EXPECT_FALSE(RowOf({0x5C, 0xC3}));                    // pop rsp
  EXPECT_FALSE(RowOf({0x48, 0x83, 0xC4, 0xF8, 0xC3}));  // add rsp, -8
  EXPECT_FALSE(RowOf({0x48, 0x83, 0xC4}));              // cut short
  EXPECT_FALSE(RowOf({0x5D}));                          // no return
  EXPECT_FALSE(RowOf({0xC9, 0x5D, 0xC3}));
  EXPECT_FALSE(RowOf({0x48, 0x81, 0xC4, 0, 0, 0, 0x40, 0xC3}));  // a gigabyte
}

}  // namespace
}  // namespace spyhop
