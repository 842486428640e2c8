#include "sampler/live_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace spyhop {
namespace {

// Samples as fast as it is asked for; each progress is a second later.
class FakeSampler : public Sampler {
 public:
  struct Script {
    int runs = 1 << 30;  // then the target ends
    absl::Status result;
    size_t stacks = 1;  // new ones each second
    std::atomic<int> running{0};
    std::atomic<int> run_count{0};
  };

  explicit FakeSampler(Script& script) : script_(script) {}

  const TargetInfo& target() const override { return target_; }

  absl::Status Run(const std::atomic<bool>& stop, SamplingGate& gate, Profile& profile,
                   const std::function<void(const SamplingProgress&)>& progress) override {
    const ScopedEntry entry(gate);
    ++script_.running;
    const bool ends = ++script_.run_count >= script_.runs;
    profile.AddTarget(target_);
    const ThreadIndex thread = profile.AddThread({.tid = 9});
    for (Nanos elapsed = 0; !stop; elapsed += kSecond) {
      profile.set_duration(elapsed);
      for (size_t i = 0; i < script_.stacks; ++i) {
        const FrameId frame = profile.frames().Intern({.line = next_line_++});
        profile.Add(
            {.thread = thread, .stack = profile.stacks().Push(kNoStack, frame), .weight = 1});
      }
      progress({.elapsed = elapsed, .samples = 1, .threads = 3});
      if (ends) break;
      std::this_thread::yield();
    }
    --script_.running;
    return script_.result;
  }

 private:
  const TargetInfo target_{.pid = 7};
  Script& script_;
  int next_line_ = 1;
};

std::deque<LiveFeed::Part> AwaitParts(LiveFeed& feed, size_t count) {
  std::deque<LiveFeed::Part> parts;
  while (parts.size() < count) {
    for (LiveFeed::Part& part : feed.Take()) parts.push_back(std::move(part));
    std::this_thread::yield();
  }
  return parts;
}

TEST(LiveFeed, HandsOnOnePartAfterTheOther) {
  FakeSampler::Script script;
  script.runs = 4;  // so that none is dropped while nobody takes them
  SamplingGate gate;
  LiveFeed feed(std::make_unique<FakeSampler>(script), {.each = 5 * kSecond}, gate);
  const auto parts = AwaitParts(feed, 3);
  EXPECT_EQ(parts[0].number + 1, parts[1].number);
  EXPECT_EQ(parts[0].profile->figures().samples, 2u) << "the first one is short";
  EXPECT_EQ(parts[1].profile->figures().samples, 6u);
  EXPECT_EQ(feed.threads(), 3u);
  EXPECT_EQ(feed.target().pid, 7);
}

TEST(LiveFeed, APartWithManyStacksEndsEarly) {
  FakeSampler::Script script;
  script.stacks = 30'000;
  SamplingGate gate;
  LiveFeed feed(std::make_unique<FakeSampler>(script), {.each = 1000 * kSecond}, gate);
  const auto parts = AwaitParts(feed, 2);
  EXPECT_LE(parts[1].profile->stacks().size(), 60'001u);
}

TEST(LiveFeed, EndsWithTheTarget) {
  FakeSampler::Script script;
  script.runs = 3;
  SamplingGate gate;
  LiveFeed feed(std::make_unique<FakeSampler>(script), {.each = kSecond}, gate);
  while (!feed.ended()) std::this_thread::yield();
  EXPECT_THAT(feed.Take(), testing::SizeIs(3));
  EXPECT_TRUE(feed.status().ok());
}

TEST(LiveFeed, EndsWithAnError) {
  FakeSampler::Script script;
  script.result = absl::PermissionDeniedError("no");
  SamplingGate gate;
  LiveFeed feed(std::make_unique<FakeSampler>(script), {.each = kSecond}, gate);
  while (!feed.ended()) std::this_thread::yield();
  EXPECT_EQ(feed.status().message(), "no");
}

TEST(LiveFeed, NothingIsSampledWhileHalted) {
  FakeSampler::Script script;
  SamplingGate gate;
  LiveFeed feed(std::make_unique<FakeSampler>(script), {.each = 1000 * kSecond}, gate);
  AwaitParts(feed, 1);
  feed.Halt();
  while (script.running > 0) std::this_thread::yield();
  const int runs = script.run_count;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(script.run_count, runs);
  feed.GoOn();
  while (script.run_count == runs) std::this_thread::yield();
}

TEST(LiveFeed, BeginsAnew) {
  FakeSampler::Script script;
  SamplingGate gate;
  LiveFeed feed(std::make_unique<FakeSampler>(script), {.each = 5 * kSecond}, gate);
  AwaitParts(feed, 1);
  const uint64_t first = feed.BeginAnew();
  uint64_t number = 0;
  while (number < first) number = AwaitParts(feed, 1).back().number;
}

TEST(LiveFeed, KeepsAMinuteForWhoDoesNotTake) {
  FakeSampler::Script script;
  SamplingGate gate;
  LiveFeed feed(std::make_unique<FakeSampler>(script), {.each = 30 * kSecond}, gate);
  while (script.run_count < 50) std::this_thread::yield();
  EXPECT_LE(feed.Take().size(), 3u);
}

TEST(LiveFeed, AWishIsAPartOfThatLengthFromNowOn) {
  FakeSampler::Script script;
  SamplingGate gate;
  LiveFeed feed(std::make_unique<FakeSampler>(script), {.each = 1000 * kSecond}, gate);
  std::promise<std::shared_ptr<const Profile>> promise;
  feed.Wish(7 * kSecond, [&](auto profile) { promise.set_value(*std::move(profile)); });
  const auto profile = promise.get_future().get();
  EXPECT_EQ(profile->duration(), 7 * kSecond);
}

TEST(LiveFeed, WishesMayOverlap) {
  FakeSampler::Script script;
  SamplingGate gate;
  LiveFeed feed(std::make_unique<FakeSampler>(script), {.each = 5 * kSecond}, gate);
  std::promise<std::shared_ptr<const Profile>> longer;
  std::promise<std::shared_ptr<const Profile>> shorter;
  feed.Wish(12 * kSecond, [&](auto profile) { longer.set_value(*std::move(profile)); });
  feed.Wish(3 * kSecond, [&](auto profile) { shorter.set_value(*std::move(profile)); });
  EXPECT_EQ(shorter.get_future().get()->duration(), 3 * kSecond);
  const auto sum = longer.get_future().get();
  EXPECT_GE(sum->sampled(), 12 * kSecond);
  EXPECT_EQ(sum->threads().size(), 1u);
}

TEST(LiveFeed, AWishOfAnEndedOrHaltedOneIsRefused) {
  FakeSampler::Script script;
  script.runs = 1;
  SamplingGate gate;
  LiveFeed feed(std::make_unique<FakeSampler>(script), {.each = kSecond}, gate);
  while (!feed.ended()) std::this_thread::yield();
  absl::Status refused;
  feed.Wish(kSecond, [&](const auto& profile) { refused = profile.status(); });
  EXPECT_TRUE(absl::IsNotFound(refused)) << refused;
}

TEST(LiveFeed, AListenerHearsOfEachPart) {
  struct Counter : LiveFeed::Listener {
    void OnBegin(Profile& profile) override { empty += profile.threads().empty() ? 1 : 0; }
    void OnProgress(const SamplingProgress&) override { ++progress; }
    void OnEnd(const std::shared_ptr<const Profile>&) override { ++parts; }
    std::atomic<int> empty{0}, progress{0}, parts{0};
  } counter;
  FakeSampler::Script script;
  SamplingGate gate;
  LiveFeed feed(std::make_unique<FakeSampler>(script), {.each = 2 * kSecond}, gate, &counter);
  while (counter.parts < 3) std::this_thread::yield();
  EXPECT_GE(counter.empty, 3);
  EXPECT_GE(counter.progress, 3);
  EXPECT_THAT(feed.Take(), testing::IsEmpty());
}

}  // namespace
}  // namespace spyhop
