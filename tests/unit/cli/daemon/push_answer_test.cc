#include "cli/daemon/push_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spyhop {
namespace {

using Kind = PushVerdict::Kind;

const absl::Time kNow = absl::FromUnixSeconds(784'111'777);  // Sun, 06 Nov 1994 08:49:37 GMT

Kind KindOf(int status) { return Judge(HttpAnswer{.status = status}, false, kNow).kind; }

TEST(Judge, TellsRefusalsFromWhatMayWorkLater) {
  for (const int status : {200, 202, 204}) EXPECT_EQ(KindOf(status), Kind::kTaken) << status;
  for (const int status : {100, 429, 502, 503, 504})
    EXPECT_EQ(KindOf(status), Kind::kRetry) << status;
  for (const int status : {301, 304, 400, 401, 404, 408, 413, 422, 500, 501, 505, 999}) {
    EXPECT_EQ(KindOf(status), Kind::kRefused) << status;
  }
}

TEST(Judge, TriesAgainWhenThereWasNoAnswer) {
  const PushVerdict verdict =
      Judge(absl::UnavailableError("connecting: refused\x1b[m"), true, kNow);
  EXPECT_EQ(verdict.kind, Kind::kRetry);
  EXPECT_EQ(verdict.problem, "connecting: refused\\x1b[m");
  EXPECT_EQ(verdict.retry_after, std::nullopt);
}

TEST(Judge, ShowsTheBeginningOfTheAnswer) {
  const HttpAnswer answer{.status = 400, .body = "bad\x1b[31m" + std::string(100'000, 'x')};
  const PushVerdict verdict = Judge(answer, false, kNow);
  EXPECT_THAT(verdict.problem, testing::StartsWith("HTTP 400: bad\\x1b[31mxxx"));
  EXPECT_LT(verdict.problem.size(), size_t{300});
}

TEST(Judge, ReadsWhatAnOtlpReceiverRejects) {
  const HttpAnswer answer{.status = 200, .body = std::string("\x0a\x02\x08\x02", 4)};
  EXPECT_EQ(Judge(answer, true, kNow).rejected, 2);
  EXPECT_EQ(Judge(answer, false, kNow).rejected, 0);
  EXPECT_EQ(Judge(HttpAnswer{.status = 200, .body = "\xff\xff"}, true, kNow).kind, Kind::kTaken);
}

TEST(RetryAfter, IsSecondsOrADate) {
  EXPECT_EQ(ReadRetryAfter("7", kNow), 7 * kSecond);
  EXPECT_EQ(ReadRetryAfter("Sun, 06 Nov 1994 08:50:00 GMT", kNow), 23 * kSecond);
}

TEST(RetryAfter, IsBounded) {
  EXPECT_EQ(ReadRetryAfter("0", kNow), kShortestDelay);
  EXPECT_EQ(ReadRetryAfter("-5", kNow), kShortestDelay);
  EXPECT_EQ(ReadRetryAfter("Sun, 06 Nov 1994 08:00:00 GMT", kNow), kShortestDelay);
  EXPECT_EQ(ReadRetryAfter("86400", kNow), kLongestWait);
  EXPECT_EQ(ReadRetryAfter("9223372036854775807", kNow), kLongestWait);
  EXPECT_EQ(ReadRetryAfter("Sun, 06 Nov 2994 08:00:00 GMT", kNow), kLongestWait);
}

TEST(RetryAfter, IsNothingWhenItIsNeither) {
  for (const char* text : {"", "soon", "1.5", "99999999999999999999", "Sun, 06 Nov"}) {
    EXPECT_EQ(ReadRetryAfter(text, kNow), std::nullopt) << text;
  }
}

TEST(Backoff, DoublesWithinItsBounds) {
  Backoff backoff(7);
  for (const int most : {2, 4, 8, 16, 32, 60, 60, 60}) {
    const Nanos delay = backoff.Next();
    EXPECT_GE(delay, most * kSecond / 2);
    EXPECT_LE(delay, most * kSecond);
  }
  for (int i = 0; i < 100; ++i) EXPECT_LE(backoff.Next(), kLongestDelay);
  backoff.Reset();
  EXPECT_LE(backoff.Next(), 2 * kSecond);
}

TEST(Backoff, DiffersFromDaemonToDaemon) { EXPECT_NE(Backoff(1).Next(), Backoff(2).Next()); }

}  // namespace
}  // namespace spyhop
