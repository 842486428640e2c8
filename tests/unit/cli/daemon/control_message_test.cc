#include "cli/daemon/control_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spyhop {
namespace {

TEST(ControlMessage, ARequestComesThroughAsItWas) {
  const ControlRequest record{
      .op = ControlOp::kRecord, .pid = 12, .length = 1500 * kMillisecond, .format = "pprof"};
  auto read = ParseControlRequest(FormatControlRequest(record));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->op, ControlOp::kRecord);
  EXPECT_EQ(read->pid, 12);
  EXPECT_EQ(read->length, 1500 * kMillisecond);
  EXPECT_EQ(read->format, "pprof");
  const ControlRequest rate{.op = ControlOp::kRate, .pid = {}, .hz = 0.5, .format = {}};
  read = ParseControlRequest(FormatControlRequest(rate));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->hz, 0.5);
  EXPECT_EQ(read->pid, std::nullopt);
  const ControlRequest status{.op = ControlOp::kStatus,
                              .pid = {},
                              .format = "text",
                              .width = 80,
                              .color = true};
  read = ParseControlRequest(FormatControlRequest(status));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->width, 80u);
  EXPECT_TRUE(read->color);
}

std::string Refusal(const char* line) {
  const auto read = ParseControlRequest(line);
  EXPECT_TRUE(absl::IsInvalidArgument(read.status())) << line;
  return std::string(read.status().message());
}

TEST(ControlMessage, SaysWhatIsWrongWithARequest) {
  const auto has = [](const char* text) { return testing::HasSubstr(text); };
  EXPECT_THAT(Refusal("{}"), has("'v' has to be 1"));
  EXPECT_THAT(Refusal(R"({"v":2,"op":"status"})"), has("'v' has to be 1"));
  EXPECT_THAT(Refusal(R"({"v":1,"op":"stop"})"), has("status snapshot record"));
  EXPECT_THAT(Refusal(R"({"v":1,"op":"status","pid":1})"), has("takes no 'pid'"));
  EXPECT_THAT(Refusal(R"({"v":1,"op":"snapshot"})"), has("'pid' is missing"));
  EXPECT_THAT(Refusal(R"({"v":1,"op":"snapshot","pid":"1"})"), has("wrong kind"));
  EXPECT_THAT(Refusal(R"({"v":1,"op":"snapshot","pid":-1})"), has("out of range"));
  EXPECT_THAT(Refusal(R"({"v":1,"op":"snapshot","pid":1.5})"), has("whole number"));
  EXPECT_THAT(Refusal(R"({"v":1,"op":"snapshot","pid":1,"format":"xml"})"), has("text json"));
  EXPECT_THAT(Refusal(R"({"v":1,"op":"record","pid":1})"), has("'seconds' is missing"));
  EXPECT_THAT(Refusal(R"({"v":1,"op":"record","pid":1,"seconds":0.5})"), has("1 to 3600"));
  EXPECT_THAT(Refusal(R"({"v":1,"op":"record","pid":1,"seconds":2,"format":"x"})"), has("pprof"));
  EXPECT_THAT(Refusal(R"({"v":1,"op":"rate"})"), has("'hz' is missing"));
  EXPECT_THAT(Refusal(R"({"v":1,"op":"rate","hz":1e9})"), has("0.1 to 1000"));
  EXPECT_THAT(Refusal(R"({"v":1,"op":"pause","all":true})"), has("takes no 'all'"));
}

TEST(ControlMessage, AReplyComesThroughAsItWas) {
  auto head = ParseControlReply(FormatControlReply(absl::OkStatus(), 5120));
  ASSERT_TRUE(head.ok()) << head.status();
  EXPECT_TRUE(head->status.ok());
  EXPECT_EQ(head->document, 5120u);
  head = ParseControlReply(FormatControlReply(absl::OkStatus(), std::nullopt));
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(head->document, std::nullopt);
  for (const absl::StatusCode code :
       {absl::StatusCode::kNotFound, absl::StatusCode::kPermissionDenied,
        absl::StatusCode::kResourceExhausted, absl::StatusCode::kUnavailable}) {
    head = ParseControlReply(FormatControlReply(absl::Status(code, "why\n\x1b"), 7));
    ASSERT_TRUE(head.ok());
    EXPECT_EQ(head->status, absl::Status(code, "why\n\x1b"));
    EXPECT_EQ(head->document, std::nullopt);
  }
}

TEST(ControlMessage, ALongErrorIsStillAReply) {
  const std::string long_text(100'000, '\x01');
  const auto head =
      ParseControlReply(FormatControlReply(absl::InternalError(long_text), std::nullopt));
  ASSERT_TRUE(head.ok()) << head.status();
  EXPECT_FALSE(head->status.ok());
}

TEST(ControlMessage, WhatIsNoReplyIsToldApart) {
  for (const char* line : {"", "{}", "HTTP/1.1 200 OK", R"({"v":2,"ok":true})", R"({"v":1})"}) {
    EXPECT_TRUE(absl::IsDataLoss(ParseControlReply(line).status())) << line;
  }
}

}  // namespace
}  // namespace spyhop
