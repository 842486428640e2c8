#include "sampler/sampling_gate.h"

#include <gtest/gtest.h>

#include <thread>

namespace spyhop {
namespace {

using std::chrono::milliseconds;

TEST(SamplingGate, IsClosedWhenTheLastHasLeft) {
  SamplingGate gate;
  std::atomic<int> inside{0};
  std::atomic<bool> over{false};
  std::vector<std::thread> samplers;
  for (int i = 0; i < 4; ++i) {
    samplers.emplace_back([&] {
      while (!over) {
        const ScopedEntry entry(gate);
        ++inside;
        while (!gate.closed() && !over) std::this_thread::yield();
        --inside;
      }
    });
  }
  for (int turn = 0; turn < 100; ++turn) {
    while (inside != 4) std::this_thread::yield();
    EXPECT_TRUE(gate.Close());
    EXPECT_EQ(inside, 0);
    std::this_thread::yield();
    EXPECT_EQ(inside, 0);
    gate.Open();
  }
  over = true;
  for (std::thread& sampler : samplers) sampler.join();
}

TEST(SamplingGate, GivesUpOnOneThatDoesNotLeave) {
  SamplingGate gate;
  const ScopedEntry entry(gate);
  EXPECT_FALSE(gate.Close(milliseconds(5)));
  EXPECT_TRUE(gate.closed());
  gate.Open();
  EXPECT_FALSE(gate.closed());
}

TEST(SamplingGate, WithNobodyInsideClosesAtOnce) {
  SamplingGate gate;
  EXPECT_TRUE(gate.Close(milliseconds(0)));
}

}  // namespace
}  // namespace spyhop
