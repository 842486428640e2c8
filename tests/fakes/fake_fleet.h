// A fleet without processes: what it says is set by the test, and what it is asked for is kept.
// Snapshots and records come from another thread, as the real ones do: at once, or a record after
// its length, or, while `hold` is set, when Release() is called.
#ifndef SPYHOP_TESTS_FAKES_FAKE_FLEET_H_
#define SPYHOP_TESTS_FAKES_FAKE_FLEET_H_

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/daemon/fleet.h"

namespace spyhop {

class FakeFleet : public Fleet {
 public:
  ~FakeFleet() override {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  // To be set before others ask.
  std::vector<FleetTarget> targets;
  FleetFigures figures;
  std::function<std::shared_ptr<const Profile>(int pid)> profile;
  bool hold = false;       // records wait for Release()
  bool takes_time = true;  // a record takes as long as it is asked for

  void Release() {
    {
      const std::lock_guard lock(mutex_);
      hold = false;
    }
    changed_.notify_all();
  }
  std::vector<std::string> calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

  std::vector<FleetTarget> Targets() const override {
    const std::lock_guard lock(mutex_);
    return targets;
  }
  FleetFigures Figures() const override { return figures; }
  std::vector<FleetPart> Recent(std::optional<int> pid, Nanos) const override {
    std::vector<FleetPart> parts;
    for (const FleetTarget& target : Targets()) {
      if (pid && *pid != target.info.pid) continue;
      parts.push_back({target, profile(target.info.pid)});
    }
    return parts;
  }
  void Record(int pid, Nanos length, OnPart done) override {
    Note(absl::StrCat("record ", pid, " ", length / kSecond));
    Later(takes_time ? length : 0, [this, pid, done] {
      const std::optional<FleetTarget> target = Find(pid);
      target ? done(FleetPart{*target, profile(pid)}) : done(NoSuchTarget(pid));
    });
  }
  void TakeSnapshot(int pid, OnSnapshot done) override {
    Note(absl::StrCat("snapshot ", pid));
    Later(0, [this, pid, done] {
      const std::optional<FleetTarget> target = Find(pid);
      if (!target) return done(NoSuchTarget(pid));
      Snapshot snapshot;
      snapshot.target = target->info;
      snapshot.threads.push_back({.tid = pid, .name = "MainThread", .frames = {}});
      done(snapshot);
    });
  }
  absl::Status Pause(std::optional<int> pid) override {
    return Change("pause", pid, [](FleetTarget& target) { target.paused = true; });
  }
  absl::Status Resume(std::optional<int> pid) override {
    return Change("resume", pid, [](FleetTarget& target) { target.paused = false; });
  }
  absl::Status SetRate(std::optional<int> pid, double hz) override {
    return Change(absl::StrCat("rate ", hz), pid,
                  [hz](FleetTarget& target) { target.asked_hz = target.rate_hz = hz; });
  }

 private:
  static absl::Status NoSuchTarget(int pid) {
    return absl::NotFoundError(absl::StrCat("process ", pid, " is not watched"));
  }
  void Note(const std::string& call) {
    const std::lock_guard lock(mutex_);
    calls_.push_back(call);
  }
  std::optional<FleetTarget> Find(int pid) const {
    for (const FleetTarget& target : Targets()) {
      if (target.info.pid == pid) return target;
    }
    return std::nullopt;
  }
  absl::Status Change(const std::string& what, std::optional<int> pid,
                      const std::function<void(FleetTarget&)>& change) {
    Note(pid ? absl::StrCat(what, " ", *pid) : what);
    if (pid && !Find(*pid)) return NoSuchTarget(*pid);
    const std::lock_guard lock(mutex_);
    for (FleetTarget& target : targets) {
      if (!pid || *pid == target.info.pid) change(target);
    }
    return absl::OkStatus();
  }
  void Later(Nanos delay, std::function<void()> call) {
    const std::lock_guard lock(mutex_);
    threads_.emplace_back([this, delay, call = std::move(call)] {
      {
        std::unique_lock held(mutex_);
        changed_.wait_for(held, std::chrono::nanoseconds(delay), [this] { return ended_; });
        changed_.wait(held, [this] { return ended_ || !hold; });
      }
      call();
    });
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> calls_;
  std::vector<std::thread> threads_;
  bool ended_ = false;
};

}  // namespace spyhop

#endif  // SPYHOP_TESTS_FAKES_FAKE_FLEET_H_
