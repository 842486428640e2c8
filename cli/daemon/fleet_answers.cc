// FleetWatch as its servers see it.
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "cli/daemon/fleet_watch.h"
#include "cli/daemon/snapshot_files.h"

namespace spyhop {
namespace {

absl::Status NoSuchTarget(int pid) {
  return absl::NotFoundError(
      absl::StrCat("process ", pid, " is not watched; `spyhop ctl status` lists those that are"));
}

}  // namespace

std::vector<FleetTarget> FleetWatch::Targets() const {
  const std::lock_guard lock(mutex_);
  std::vector<FleetTarget> targets;
  for (const auto& [pid, watch] : watches_) targets.push_back(watch->Describe());
  for (const auto& [pid, target] : problems_) {
    if (!watches_.contains(pid)) targets.push_back(target);
  }
  return targets;
}

FleetFigures FleetWatch::Figures() const {
  const std::lock_guard lock(mutex_);
  FleetFigures figures = figures_;
  figures.own_cpu = ProcessCpuTime();
  figures.resident_bytes = OwnResidentBytes();
  if (outputs_->history != nullptr) figures.history_bytes = outputs_->history->bytes();
  return figures;
}

std::vector<FleetPart> FleetWatch::Recent(std::optional<int> pid, Nanos length) const {
  return recent_.Latest(pid, length);
}

void FleetWatch::Record(int pid, Nanos length, OnPart done) {
  // In another thread, for a refusal comes at once.
  answers_.Add([this, pid, length, done = std::move(done)]() mutable {
    const std::shared_ptr<TargetWatch> watch = Find(pid);
    if (watch == nullptr) return done(NoSuchTarget(pid));
    watch->Record(length, std::move(done));
  });
}

void FleetWatch::TakeSnapshot(int pid, OnSnapshot done) {
  snapshots_.Add([this, pid, done = std::move(done)] {
    const std::shared_ptr<TargetWatch> watch = Find(pid);
    if (watch == nullptr) return done(NoSuchTarget(pid));
    done(watch->TakeSnapshot());
  });
}

void FleetWatch::SnapshotAll(const std::string& folder) {
  snapshots_.Add([this, folder] {
    std::vector<std::shared_ptr<TargetWatch>> watches;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [pid, watch] : watches_) watches.push_back(watch);
    }
    std::vector<Snapshot> snapshots;
    for (const auto& watch : watches) {
      // One that has ended meanwhile is no error.
      absl::StatusOr<Snapshot> snapshot = watch->TakeSnapshot();
      if (snapshot.ok()) snapshots.push_back(*std::move(snapshot));
    }
    const absl::StatusOr<std::string> path = WriteSnapshotFile(folder, snapshots);
    if (path.ok()) {
      LogInfo(absl::StrCat("snapshots of ", snapshots.size(), " processes: ", *path));
    } else {
      LogError(std::string(path.status().message()));
    }
  });
}

absl::Status FleetWatch::ForEach(std::optional<int> pid,
                                 const std::function<void(TargetWatch& watch)>& what) const {
  if (pid && !watches_.contains(*pid)) return NoSuchTarget(*pid);
  for (const auto& [of, watch] : watches_) {
    if (!pid || of == *pid) what(*watch);
  }
  return absl::OkStatus();
}

absl::Status FleetWatch::Pause(std::optional<int> pid) {
  const std::lock_guard lock(mutex_);
  if (!pid) paused_ = true;
  return ForEach(pid, [](TargetWatch& watch) { watch.Pause(); });
}

absl::Status FleetWatch::Resume(std::optional<int> pid) {
  const std::lock_guard lock(mutex_);
  if (!pid) paused_ = false;
  return ForEach(pid, [](TargetWatch& watch) { watch.Resume(); });
}

absl::Status FleetWatch::SetRate(std::optional<int> pid, double hz) {
  const std::lock_guard lock(mutex_);
  if (!pid) {
    rate_of_all_ = hz;
    rates_.clear();
  }
  return ForEach(pid, [&](TargetWatch& watch) {
    if (pid) rates_[*pid] = hz;
    watch.set_asked(hz);
  });
}

}  // namespace spyhop
