#include "cli/daemon/fleet_watch.h"

#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "cli/daemon/label_maker.h"

namespace spyhop {
namespace {

constexpr int kAttachers = 4;
constexpr uint64_t kTicksPerGrant = 4;     // two seconds
constexpr uint64_t kTicksPerCheckUp = 10;  // of processes that could not be sampled
// A rate that differs less from the one that there is, is not worth a change.
constexpr double kSmallChange = 0.05;

Governor::Budget BudgetOf(const DaemonConfig& config) {
  return {
      .cpu = config.cpu_budget, .stopped = config.stopped_budget, .memory = config.memory_budget};
}

std::shared_ptr<const Selector> MakeSelector(const DaemonConfig& config) {
  auto selector = std::make_shared<const Selector>(config.watches, ReadUserIds());
  for (const std::string& user : selector->unknown_users()) {
    LogWarning(absl::StrCat("a rule names the user '", user,
                            "', whom /etc/passwd does not have: it matches nothing"));
  }
  return selector;
}

// It has ended, or is no Python (yet): nobody would want to read of that.
bool IsNoProblem(const absl::Status& status) {
  return absl::IsNotFound(status) || absl::IsFailedPrecondition(status) ||
         absl::IsCancelled(status);
}

}  // namespace

FleetWatch::FleetWatch(const DaemonConfig& config, std::shared_ptr<const FleetOutputs> outputs)
    : outputs_(std::move(outputs)),
      selector_(MakeSelector(config)),
      governor_(BudgetOf(config)),
      segment_(config.segment),
      attachers_(kAttachers),
      snapshots_(1) {
  figures_.started = absl::Now();
  figures_.cpu_budget = config.cpu_budget;
  figures_.memory_budget = config.memory_budget;
}

FleetWatch::~FleetWatch() {
  Watches watches;
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    watches = std::exchange(watches_, {});
  }
  // All at once, so that the last one does not wait for the others.
  for (const auto& [pid, watch] : watches) watch->Close();
}

void FleetWatch::Apply(const DaemonConfig& config, std::shared_ptr<const FleetOutputs> outputs) {
  {
    const std::lock_guard lock(mutex_);
    selector_ = MakeSelector(config);
    outputs_ = std::move(outputs);
    governor_.set_budget(BudgetOf(config));
    segment_ = config.segment;
    rates_.clear();
    rate_of_all_.reset();
    problems_.clear();
    ++figures_.reloads;
    figures_.cpu_budget = config.cpu_budget;
    figures_.memory_budget = config.memory_budget;
    for (const auto& [pid, watch] : watches_) watch->set_lengths(segment_, false);
    saving_ = Governor::Saving::kNothing;
  }
  discovery_.ForgetAll();
}

void FleetWatch::CountRefusedReload() {
  const std::lock_guard lock(mutex_);
  ++figures_.refused_reloads;
}

void FleetWatch::Tick() {
  const Nanos now = clock_.Now();
  LetGoOfEnded();
  FindNew(now);
  if (ticks_ % kTicksPerGrant == 0) {
    Govern(now);
    SaveMemory();
  }
  if (ticks_ % kTicksPerCheckUp == 0) ForgetSolvedProblems();
  ++ticks_;
}

void FleetWatch::FindNew(Nanos now) {
  std::vector<int> again;
  {
    const std::lock_guard lock(mutex_);
    again = std::exchange(reconsider_, {});
  }
  for (const int pid : again) discovery_.Reconsider(pid);
  for (const ProcessFacts& facts : discovery_.Scan(now).candidates) Consider(facts);
}

void FleetWatch::Consider(const ProcessFacts& facts) {
  std::shared_ptr<TargetWatch> watch = Find(facts.pid);
  if (watch != nullptr && watch->start_time() == facts.start_time) {
    return ReconsiderWatched(facts, watch);
  }
  {
    const std::lock_guard lock(mutex_);
    // Its pid is another process's now.
    if (watch != nullptr) watches_.erase(facts.pid);
    const Selector::Choice choice = selector_->Choose(facts, std::nullopt);
    const bool wanted = choice.needs_version || choice.watched();
    if (!wanted || !attaching_.try_emplace(facts.pid, facts.start_time).second) return;
  }
  attachers_.Add([this, facts] { Attach(facts); });
}

// It has exec'd, or the configuration is another one.
void FleetWatch::ReconsiderWatched(const ProcessFacts& facts,
                                   const std::shared_ptr<TargetWatch>& watch) {
  const FleetTarget target = watch->Describe();
  const std::unique_lock lock(mutex_);
  const Selector::Choice choice = selector_->Choose(facts, target.info.python_version);
  const bool as_before = choice.watched() && choice.rule->native == watch->native();
  if (!as_before) {
    watch->Close();
    watches_.erase(facts.pid);
    if (choice.watched()) reconsider_.push_back(facts.pid);
    return;
  }
  watch->Relabel(choice.rule->name, MakeLabels(*choice.rule, facts, target.info.python_version),
                 AskedRate(facts.pid, *choice.rule));
}

void FleetWatch::Attach(const ProcessFacts& facts) {
  const absl::Status status = TryToAttach(facts);
  const std::lock_guard lock(mutex_);
  attaching_.erase(facts.pid);
  if (!status.ok()) NoteFailure(facts, status);
}

absl::StatusOr<FleetWatch::Chosen> FleetWatch::Choose(const ProcessFacts& facts) const {
  Chosen chosen;
  {
    const std::lock_guard lock(mutex_);
    if (closing_) return absl::CancelledError("the daemon ends");
    chosen.selector = selector_;
  }
  Selector::Choice choice = chosen.selector->Choose(facts, std::nullopt);
  if (choice.needs_version) {
    const absl::StatusOr<std::string> version = PythonVersionOf(facts.pid);
    if (!version.ok()) return version.status();
    choice = chosen.selector->Choose(facts, *version);
  }
  if (choice.watched()) chosen.rule = choice.rule;
  return chosen;
}

absl::Status FleetWatch::TryToAttach(const ProcessFacts& facts) {
  const absl::StatusOr<Chosen> chosen = Choose(facts);
  if (!chosen.ok()) return chosen.status();
  if (chosen->rule == nullptr) return absl::OkStatus();
  SamplerOptions options;
  options.rate_hz = chosen->rule->rate_hz;
  options.native = chosen->rule->native ? NativeDetail::kFolded : NativeDetail::kNone;
  options.one_of_many = true;
  absl::StatusOr<std::unique_ptr<Sampler>> sampler = Sampler::Create(facts.pid, options);
  if (!sampler.ok()) return sampler.status();
  const std::optional<ProcessFacts> now = FactsOf(facts.pid);
  if (!now || now->start_time != facts.start_time) return absl::NotFoundError("it has ended");
  Adopt(*now, *chosen, *std::move(sampler));
  return absl::OkStatus();
}

void FleetWatch::Adopt(const ProcessFacts& facts, const Chosen& chosen,
                       std::unique_ptr<Sampler> sampler) {
  FleetTarget target;
  target.start_time = facts.start_time;
  target.rule = chosen.rule->name;
  target.labels = MakeLabels(*chosen.rule, facts, sampler->target().python_version);
  target.since = absl::Now();
  const std::lock_guard lock(mutex_);
  if (closing_) return;
  // The rules have changed meanwhile.
  if (chosen.selector != selector_) return reconsider_.push_back(facts.pid);
  target.asked_hz = AskedRate(facts.pid, *chosen.rule);
  const double granted = std::max(target.asked_hz * granted_part_, Governor::kLowestRate);
  const auto outputs = [this] {
    const std::lock_guard locked(mutex_);
    return outputs_;
  };
  sampler->set_rate(granted);
  const TargetWatch::How how{++figures_.found, chosen.rule->native, segment_};
  const auto watch =
      std::make_shared<TargetWatch>(std::move(target), how, std::move(sampler), outputs, recent_);
  watch->set_granted(granted);
  if (saving_ != Governor::Saving::kNothing) watch->set_lengths(segment_, true);
  if (paused_) watch->Pause();
  watches_[facts.pid] = watch;
  problems_.erase(facts.pid);
  LogDebug(absl::StrCat("process ", facts.pid, " is watched (", chosen.rule->name, ")"));
}

// Under the lock.
void FleetWatch::NoteFailure(const ProcessFacts& facts, const absl::Status& problem) {
  reconsider_.push_back(facts.pid);
  if (IsNoProblem(problem)) return;
  FleetTarget& target = problems_[facts.pid];
  if (target.problem.ok() || target.start_time != facts.start_time) {
    ++figures_.failures;
    LogWarning(absl::StrCat("process ", facts.pid, " is not sampled: ", problem.message()));
  }
  target.info = {.pid = facts.pid, .command = facts.command, .executable = facts.executable};
  target.start_time = facts.start_time;
  target.since = absl::Now();
  target.problem = problem;
}

void FleetWatch::LetGoOfEnded() {
  std::vector<std::shared_ptr<TargetWatch>>
      ended;  // let go of without the lock: they are waited for
  const std::lock_guard lock(mutex_);
  for (auto watch = watches_.begin(); watch != watches_.end();) {
    if (!watch->second->ended()) {
      ++watch;
      continue;
    }
    const int pid = watch->first;
    if (const absl::Status status = watch->second->status(); !status.ok()) {
      LogWarning(absl::StrCat("sampling of process ", pid, " failed: ", status.message()));
      ++figures_.failures;
    }
    // It may live on: as another program, or it is tried again.
    reconsider_.push_back(pid);
    rates_.erase(pid);
    ++figures_.ended;
    ended.push_back(std::move(watch->second));
    watch = watches_.erase(watch);
  }
}

void FleetWatch::ForgetSolvedProblems() {
  const std::lock_guard lock(mutex_);
  for (auto problem = problems_.begin(); problem != problems_.end();) {
    const std::optional<ProcessFacts> facts = FactsOf(problem->first);
    const bool there = facts && facts->start_time == problem->second.start_time;
    problem = there ? std::next(problem) : problems_.erase(problem);
  }
}

void FleetWatch::Govern(Nanos now) {
  const std::lock_guard lock(mutex_);
  std::vector<Governor::Target> measured;
  for (const auto& [pid, watch] : watches_) {
    measured.push_back(watch->Measured());
  }
  figures_.own_cpu = ProcessCpuTime();
  const std::vector<double> granted = governor_.Grant(now, figures_.own_cpu, measured);
  figures_.cpu_share = governor_.cpu_share();
  size_t i = 0;
  double asked_sum = 0;
  double granted_sum = 0;
  for (const auto& [pid, watch] : watches_) {
    const double before = watch->Describe().rate_hz;
    const double change = std::abs(granted[i] - before) / before;
    const bool all = granted[i] == measured[i].asked_hz;
    if (change > kSmallChange || (all && change > 0)) watch->set_granted(granted[i]);
    asked_sum += measured[i].asked_hz;
    granted_sum += granted[i];
    ++i;
  }
  granted_part_ = asked_sum > 0 ? granted_sum / asked_sum : 1;
}

void FleetWatch::SaveMemory() {
  const std::lock_guard lock(mutex_);
  figures_.resident_bytes = OwnResidentBytes();
  const Governor::Saving before =
      std::exchange(saving_, governor_.SaveMemory(figures_.resident_bytes));
  recent_.set_keeps(saving_ != Governor::Saving::kRecent);
  if (saving_ == Governor::Saving::kRecent) malloc_trim(0);
  if (saving_ == before) return;
  const bool saves = saving_ != Governor::Saving::kNothing;
  LogInfo(saves ? "memory is near its budget: shorter parts, fewer of them are kept in memory"
                : "there is memory again");
  for (const auto& [pid, watch] : watches_) watch->set_lengths(segment_, saves);
}

// Under the lock.
double FleetWatch::AskedRate(int pid, const WatchRule& rule) const {
  const auto own = rates_.find(pid);
  if (own != rates_.end()) return own->second;
  return rate_of_all_.value_or(rule.rate_hz);
}

std::shared_ptr<TargetWatch> FleetWatch::Find(int pid) const {
  const std::lock_guard lock(mutex_);
  const auto found = watches_.find(pid);
  return found == watches_.end() ? nullptr : found->second;
}

}  // namespace spyhop
