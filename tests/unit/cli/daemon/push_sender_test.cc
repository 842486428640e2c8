#include "cli/daemon/push_sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <fstream>
#include <vector>

#include "tests/fakes/fake_clock.h"

namespace spyhop {
namespace {

using testing::ElementsAre;

// Answers as told, then 200 to all; remembers what it was sent.
class FakePoster : public HttpPoster {
 public:
  absl::StatusOr<HttpAnswer> Post(const HttpRequest& request) override {
    bodies.emplace_back(request.body);
    headers = request.headers;
    if (answers.empty()) return HttpAnswer{.status = 200};
    absl::StatusOr<HttpAnswer> answer = std::move(answers.front());
    answers.pop_front();
    return answer;
  }
  void Cancel() override {}

  std::deque<absl::StatusOr<HttpAnswer>> answers;
  std::vector<std::string> bodies;
  HttpHeaders headers;
};

class PushSenderTest : public testing::Test {
 protected:
  PushSender Sender(PushTarget target = {}) {
    target.name = "store";
    return PushSender(target, poster_, {.clock = clock_, .wall = [this] { return wall_; }}, 1);
  }
  PushRequest Request(std::string body) { return {.body = std::move(body), .start = wall_}; }

  // Until there is nothing to send; the seconds that passed between the requests.
  std::vector<double> RunAll(PushSender& sender) {
    std::vector<double> waits;
    for (std::optional<Nanos> next = sender.Step(); next; next = sender.Step()) {
      const Nanos wait = *next - clock_.Now();
      waits.push_back(static_cast<double>(wait) / kSecond);
      clock_.Advance(wait);
      wall_ += absl::Nanoseconds(wait);
    }
    return waits;
  }

  FakeClock clock_;
  FakePoster poster_;
  absl::Time wall_ = absl::FromUnixSeconds(784'111'777);
};

TEST_F(PushSenderTest, SendsInOrder) {
  PushSender sender = Sender();
  EXPECT_EQ(sender.Step(), std::nullopt);
  for (const char* body : {"a", "bb", "c"}) sender.Add(Request(body));
  EXPECT_THAT(RunAll(sender), ElementsAre(0, 0));
  EXPECT_THAT(poster_.bodies, ElementsAre("a", "bb", "c"));
  const PushFigures figures = sender.Figures();
  EXPECT_EQ(figures.sent, uint64_t{3});
  EXPECT_EQ(figures.sent_bytes, uint64_t{4});
  EXPECT_EQ(figures.spool_bytes, uint64_t{0});
}

TEST_F(PushSenderTest, WaitsLongerAfterEachFailure) {
  PushSender sender = Sender();
  poster_.answers = {HttpAnswer{.status = 503}, absl::DeadlineExceededError("late"),
                     absl::UnavailableError("refused")};
  sender.Add(Request("a"));
  const std::vector<double> waits = RunAll(sender);
  ASSERT_THAT(waits, testing::SizeIs(3));
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_GE(waits[i], 1 << i);
    EXPECT_LE(waits[i], 2 << i);
  }
  EXPECT_EQ(sender.Figures().retries, uint64_t{3});
  EXPECT_EQ(sender.Figures().problem, "");
}

TEST_F(PushSenderTest, DoesNotAskBeforeItsTime) {
  PushSender sender = Sender();
  poster_.answers = {HttpAnswer{.status = 429, .retry_after = "7"}};
  sender.Add(Request("a"));
  const std::optional<Nanos> next = sender.Step();
  EXPECT_EQ(next, clock_.Now() + 7 * kSecond);
  sender.Add(Request("b"));
  EXPECT_EQ(sender.Step(), next);
  EXPECT_THAT(poster_.bodies, ElementsAre("a"));
  clock_.Advance(7 * kSecond);
  sender.Step();
  EXPECT_THAT(poster_.bodies, ElementsAre("a", "b"));
}

TEST_F(PushSenderTest, OneBadRequestDoesNotHoldUpTheOthers) {
  PushSender sender = Sender();
  sender.Add(Request("bad"));
  sender.Add(Request("good"));
  poster_.answers = {HttpAnswer{.status = 503}, HttpAnswer{.status = 200},
                     HttpAnswer{.status = 503}};
  RunAll(sender);
  EXPECT_THAT(poster_.bodies, ElementsAre("bad", "good", "bad", "bad"));
}

TEST_F(PushSenderTest, GivesUpWhatIsRefused) {
  PushSender sender = Sender();
  poster_.answers = {HttpAnswer{.status = 400, .body = "no"}};
  sender.Add(Request("a"));
  EXPECT_THAT(RunAll(sender), testing::IsEmpty());
  EXPECT_EQ(sender.Figures()[PushDrop::kRefused], uint64_t{1});
  EXPECT_EQ(sender.Figures().problem, "HTTP 400: no");
  EXPECT_EQ(sender.Figures().spool_bytes, uint64_t{0});
}

TEST_F(PushSenderTest, GivesUpAfterTheTimeSet) {
  PushSender sender = Sender({.type = PushTarget::Type::kOtlp, .retry_for = 300 * kSecond});
  for (int i = 0; i < 100; ++i) poster_.answers.emplace_back(HttpAnswer{.status = 503});
  sender.Add(Request("a"));
  double waited = 0;
  for (const double wait : RunAll(sender)) waited += wait;
  EXPECT_GE(waited, 300);
  EXPECT_LE(waited, 360);
  EXPECT_EQ(sender.Figures()[PushDrop::kExpired], uint64_t{1});
}

TEST_F(PushSenderTest, DoesNotSendPyroscopeWhatIsAnHourOld) {
  PushSender pyroscope = Sender();
  PushSender otlp = Sender({.type = PushTarget::Type::kOtlp});
  for (PushSender* sender : {&pyroscope, &otlp}) {
    PushRequest request = Request("a");
    request.start -= absl::Minutes(60);
    sender->Add(std::move(request));
    RunAll(*sender);
  }
  EXPECT_EQ(pyroscope.Figures()[PushDrop::kTooOld], uint64_t{1});
  EXPECT_EQ(otlp.Figures().sent, uint64_t{1});
}

TEST_F(PushSenderTest, KeepsWhatWasCancelled) {
  PushSender sender = Sender();
  poster_.answers = {absl::CancelledError("the daemon ends")};
  sender.Add(Request("a"));
  EXPECT_FALSE(sender.StepNow());
  EXPECT_EQ(sender.Figures().retries, uint64_t{0});
  sender.GiveUp(PushDrop::kEnded);
  EXPECT_EQ(sender.Figures()[PushDrop::kEnded], uint64_t{1});
}

TEST_F(PushSenderTest, CountsWhatTheSpoolCannotHold) {
  PushSender sender = Sender({.spool_bytes = 1000});
  for (int i = 0; i < 10; ++i) sender.Add(Request(std::string(300, 'x')));
  const PushFigures figures = sender.Figures();
  EXPECT_EQ(figures[PushDrop::kSpoolFull] + figures.spool_requests, uint64_t{10});
  EXPECT_LE(figures.spool_bytes, uint64_t{1000});
}

TEST_F(PushSenderTest, TriesAgainWhenAHeadersFileIsAway) {
  const std::string path = testing::TempDir() + "/token";
  PushSender sender = Sender({.headers = {{"Authorization", "@" + path}, {"X", "y"}}});
  std::remove(path.c_str());
  sender.Add(Request("a"));
  EXPECT_NE(sender.Step(), std::nullopt);
  EXPECT_THAT(poster_.bodies, testing::IsEmpty());
  EXPECT_THAT(sender.Figures().problem, testing::HasSubstr("no line can be read from"));
  std::ofstream(path) << "Bearer x \nmore\n";
  RunAll(sender);
  EXPECT_THAT(poster_.headers,
              ElementsAre(testing::Pair("Authorization", "Bearer x"), testing::Pair("X", "y")));
}

}  // namespace
}  // namespace spyhop
