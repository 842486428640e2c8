// A fleet of made-up processes, some with names as bad as a target can make them.
#ifndef SPYHOP_TESTS_DAEMON_MADE_FLEET_H_
#define SPYHOP_TESTS_DAEMON_MADE_FLEET_H_

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/fakes/fake_fleet.h"
#include "tests/unit/report/full_profile.h"
#include "tests/unit/report/hostile_profile.h"

namespace spyhop {

inline FleetTarget MadeTarget(int pid) {
  FleetTarget target;
  target.info = {.pid = pid,
                 .command = {"python3", "app.py", absl::StrCat("--worker=", pid)},
                 .executable = "/usr/bin/python3.11",
                 .python_version = "3.11.2",
                 .flavour = "release"};
  target.start_time = 1000 + static_cast<uint64_t>(pid);
  target.rule = "web";
  target.labels = {{"env", "prod"}, {"service", "checkout"}};
  target.since = absl::Now() - absl::Seconds(90);
  target.asked_hz = target.rate_hz = 20;
  target.threads = 3;
  target.samples = 1800;
  target.lost = 2;
  target.stopped = 40 * kMillisecond;
  target.stopped_most = 90 * kMicrosecond;
  target.own_cpu = 120 * kMillisecond;
  return target;
}

inline FleetTarget HostileTarget(int pid) {
  FleetTarget target = MadeTarget(pid);
  target.info.command = {"python3", "</code><script>alert(1)</script>", "\x1b[2J\n\"quoted\"\\"};
  target.labels["service"] = "a\"b\\c\nd</td>\xff";
  target.rule = "a]\n[b\"";
  return target;
}

// Pids from 1 on; the last one is the hostile one.
inline void FillFleet(int targets, FakeFleet& fleet) {
  for (int pid = 1; pid < targets; ++pid) fleet.targets.push_back(MadeTarget(pid));
  if (targets > 0) fleet.targets.push_back(HostileTarget(targets));
  fleet.figures.started = absl::Now() - absl::Hours(3);
  fleet.figures.own_cpu = 12 * kSecond;
  fleet.figures.cpu_share = 0.0042;
  fleet.figures.cpu_budget = 0.01;
  fleet.figures.resident_bytes = 30 << 20;
  fleet.figures.memory_budget = 256 << 20;
  fleet.figures.found = static_cast<uint64_t>(targets);
  fleet.profile = [targets](int pid) {
    return std::make_shared<const Profile>(pid == targets ? HostileProfile() : FullProfile());
  };
}

}  // namespace spyhop

#endif  // SPYHOP_TESTS_DAEMON_MADE_FLEET_H_
