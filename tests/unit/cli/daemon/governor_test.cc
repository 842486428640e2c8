#include "cli/daemon/governor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace spyhop {
namespace {

// A daemon whose rounds cost what is said here, asked every two seconds.
class World {
 public:
  struct Simulated {
    double asked_hz = 20;
    double cost_us = 25;  // CPU time of a round
    double stop_us = 0;
    double rate = 20;
    double rounds = 0;
  };

  World(const Governor::Budget& budget, std::vector<Simulated> targets)
      : governor_(budget), targets_(std::move(targets)) {}

  void Run(int seconds) {
    for (int i = 0; i < seconds; i += 2) Step();
  }
  // Of one core, over the last so many seconds.
  double Share(int seconds) const {
    const size_t back = static_cast<size_t>(seconds) / 2;
    return (cpu_ - history_[history_.size() - back]) / (seconds * 1e6);
  }
  const Simulated& target(size_t i) const { return targets_[i]; }
  Simulated& target(size_t i) { return targets_[i]; }
  Governor& governor() { return governor_; }
  void Spend(double us) { cpu_ += us; }
  double fixed_us_a_second = 500;

 private:
  void Step() {
    history_.push_back(cpu_);
    now_ += 2 * kSecond;
    std::vector<Governor::Target> measured;
    for (size_t i = 0; i < targets_.size(); ++i) {
      Simulated& target = targets_[i];
      target.rounds += 2 * target.rate;
      cpu_ += 2 * target.rate * target.cost_us * Noise();
      measured.push_back({.id = i,
                          .asked_hz = target.asked_hz,
                          .rounds = static_cast<uint64_t>(target.rounds),
                          .cpu = static_cast<Nanos>(1e3 * target.rounds * target.cost_us),
                          .stopped = static_cast<Nanos>(1e3 * target.rounds * target.stop_us)});
    }
    cpu_ += 2 * fixed_us_a_second * Noise();
    const auto granted = governor_.Grant(now_, static_cast<Nanos>(1e3 * cpu_), measured);
    for (size_t i = 0; i < targets_.size(); ++i) targets_[i].rate = granted[i];
  }
  double Noise() { return std::uniform_real_distribution<double>(0.8, 1.2)(random_); }

  Governor governor_;
  std::vector<Simulated> targets_;
  std::minstd_rand random_{1};
  Nanos now_ = kSecond;
  double cpu_ = 0;  // us
  std::vector<double> history_;
};

TEST(Governor, GivesWhatIsAskedForWithinTheBudget) {
  World world({.cpu = 0.01}, std::vector<World::Simulated>(10));
  world.Run(60);
  EXPECT_EQ(world.target(3).rate, 20);
}

TEST(Governor, KeepsTheBudgetWithinATenthOverAMinute) {
  World world({.cpu = 0.005}, std::vector<World::Simulated>(100));
  world.Run(60);
  for (int minute = 0; minute < 5; ++minute) {
    world.Run(60);
    EXPECT_NEAR(world.Share(60), 0.005, 0.0005);
  }
  EXPECT_LT(world.target(0).rate, 3);
}

TEST(Governor, MakesUpForABurst) {
  World world({.cpu = 0.005}, std::vector<World::Simulated>(100));
  world.Run(120);
  world.Spend(0.1e6);  // a third of a minute's budget
  world.Run(58);
  EXPECT_NEAR(world.Share(60), 0.005, 0.0008) << "the burst is part of that minute";
  world.Run(120);
  EXPECT_NEAR(world.Share(60), 0.005, 0.0005);
}

TEST(Governor, DealsInProportionToWhatIsAsked) {
  std::vector<World::Simulated> targets(100);
  targets[0].asked_hz = 100;
  targets[1].cost_us = 300;
  World world({.cpu = 0.005}, targets);
  world.Run(120);
  EXPECT_NEAR(world.target(0).rate / world.target(2).rate, 5, 0.01);
  EXPECT_NEAR(world.target(1).rate / world.target(2).rate, 1, 0.01) << "the cost is no reason";
}

TEST(Governor, NobodyHasLessThanTheLowestRate) {
  std::vector<World::Simulated> targets(100);
  targets[0].asked_hz = 0.2;
  World world({.cpu = 0.0001}, targets);
  world.Run(120);
  EXPECT_EQ(world.target(0).rate, Governor::kLowestRate);
  EXPECT_EQ(world.target(1).rate, Governor::kLowestRate);
}

TEST(Governor, RatesRiseAgainWhenThereIsRoom) {
  World world({.cpu = 0.005}, std::vector<World::Simulated>(100));
  world.Run(120);
  for (size_t i = 0; i < 100; ++i) world.target(i).cost_us = 0.5;
  world.Run(120);
  EXPECT_EQ(world.target(5).rate, 20);
}

TEST(Governor, StopsOfATargetLowerItsOwnRateAlone) {
  std::vector<World::Simulated> targets(3);
  targets[0].stop_us = 200;  // 20 Hz of it: 0.4 %
  targets[1].stop_us = 10;
  World world({.cpu = 0, .stopped = 0.001}, targets);
  world.Run(60);
  EXPECT_NEAR(world.target(0).rate, 5, 0.5);
  EXPECT_EQ(world.target(1).rate, 20);
}

TEST(Governor, SavesMemoryInSteps) {
  Governor governor({.memory = 1000});
  EXPECT_EQ(governor.SaveMemory(800), Governor::Saving::kNothing);
  EXPECT_EQ(governor.SaveMemory(950), Governor::Saving::kShortParts);
  EXPECT_EQ(governor.SaveMemory(1100), Governor::Saving::kRecent);
  EXPECT_EQ(governor.SaveMemory(850), Governor::Saving::kRecent) << "until there is room";
  EXPECT_EQ(governor.SaveMemory(700), Governor::Saving::kNothing);
}

}  // namespace
}  // namespace spyhop
