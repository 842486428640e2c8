// Stops nothing, but holds its user to the protocol: a thread that was stopped must be resumed
// exactly once, and before the next stop. Breaking it fails the test.
#ifndef SPYHOP_TESTS_FAKES_FAKE_STOP_CONTROL_H_
#define SPYHOP_TESTS_FAKES_FAKE_STOP_CONTROL_H_

#include <gtest/gtest.h>

#include <vector>

#include "sampler/target/thread_stop.h"

namespace spyhop {

class FakeStopControl : public ThreadStopControl {
 public:
  ~FakeStopControl() override { EXPECT_FALSE(stopped_) << "a thread was left stopped"; }

  StopOutcome Stop(int tid) noexcept override {
    EXPECT_FALSE(stopped_) << "a second stop while thread " << tids_.back() << " is stopped";
    tids_.push_back(tid);
    if (outcome_ == StopOutcome::kLate) needs_retirement_ = true;
    stopped_ = outcome_ == StopOutcome::kStopped;
    return outcome_;
  }
  void Resume() noexcept override {
    EXPECT_TRUE(stopped_) << "resumed what was not stopped";
    stopped_ = false;
  }
  const StoppedAt& where() const noexcept override { return where_; }
  Nanos last_stop() const noexcept override { return 20 * kMicrosecond; }
  bool needs_retirement() const noexcept override { return needs_retirement_; }

  void set_where(const StoppedAt& where) { where_ = where; }
  void set_outcome(StopOutcome outcome) { outcome_ = outcome; }
  bool stopped() const { return stopped_; }
  const std::vector<int>& tids() const { return tids_; }

 private:
  StopOutcome outcome_ = StopOutcome::kStopped;
  StoppedAt where_;
  bool stopped_ = false;
  bool needs_retirement_ = false;
  std::vector<int> tids_;
};

}  // namespace spyhop

#endif  // SPYHOP_TESTS_FAKES_FAKE_STOP_CONTROL_H_
