// A profile with time in every class, of three threads: one in Python code, one that recurses, one
// without a Python state.
#ifndef SPYHOP_TESTS_UNIT_REPORT_FULL_PROFILE_H_
#define SPYHOP_TESTS_UNIT_REPORT_FULL_PROFILE_H_

#include <vector>

#include "sampler/profile/profile.h"
#include "tests/unit/report/hostile_profile.h"

namespace spyhop {

// 100 Hz. MainThread: 250 ms, 50 of them idle; Thread-2: 100 ms; blas: 50 ms.
inline Profile FullProfile() {
  Profile profile;
  profile.AddTarget({.pid = 42,
                     .command = {"python3", "app.py"},
                     .executable = "/usr/bin/python3.11",
                     .python_version = "3.11.2",
                     .flavour = "release"});
  const ThreadIndex main = profile.AddThread({.tid = 42, .name = "MainThread"});
  const ThreadIndex second = profile.AddThread({.tid = 43, .name = "Thread-2"});
  const ThreadIndex blas = profile.AddThread({.tid = 44, .name = "blas", .python = false});
  const FrameId root = AddFrame(profile, "/srv/app.py", 1, "<module>");
  const FrameId hot = AddFrame(profile, "/srv/app.py", 10, "work");
  const FrameId call = AddFrame(profile, "/srv/app.py", 12, "work");
  const FrameId recv = AddFrame(profile, "/srv/lib.py", 7, "recv");
  const FrameId loop = AddFrame(profile, "/srv/loop.py", 5, "run");
  const FrameId fib = AddFrame(profile, "/srv/worker.py", 33, "fib");
  const auto add = [&](ThreadIndex thread, const std::vector<FrameId>& frames, TimeClass c,
                       Nanos weight, Nanos cpu, std::string_view reason = "") {
    Sample sample = MakeSample(profile, thread, frames, c, weight, reason);
    sample.cpu = cpu;
    profile.Add(sample);
  };
  constexpr Nanos kTick = 10 * kMillisecond;
  for (int i = 0; i < 4; ++i) add(main, {root, hot}, TimeClass::kPython, kTick, kTick);
  add(main, {root, hot}, TimeClass::kNative, 3 * kTick, 3 * kTick);  // late
  add(main, {root, hot}, TimeClass::kGil, 3 * kTick, 0, "held by Thread-2 at worker.py:33");
  add(main, {root, hot}, TimeClass::kRunQueue, 2 * kTick, 0);
  add(main, {root, call}, TimeClass::kKernel, kTick, kTick);
  for (int i = 0; i < 5; ++i) {
    add(main, {root, call, recv}, TimeClass::kWait, kTick, 0, "recv socket 10.0.0.5:5432");
  }
  add(main, {root, call}, TimeClass::kWait, 2 * kTick, 0, "recv socket 10.0.0.5:5432");
  add(main, {root, loop}, TimeClass::kIdle, 5 * kTick, kTick / 10, "epoll_wait");
  add(second, {fib, fib, fib}, TimeClass::kPython, 6 * kTick, 6 * kTick);
  add(second, {fib, recv}, TimeClass::kWait, kTick, 0, "recv socket 10.0.0.5:5432");
  add(second, {fib}, TimeClass::kWait, 2 * kTick, 0, "futex threading.Lock");
  profile.AddLost({.thread = second, .weight = kTick, .cpu = kTick},
                  SampleErrorCode::kIncompleteFrame);
  add(blas, {}, TimeClass::kNative, 4 * kTick, 4 * kTick);
  add(blas, {}, TimeClass::kWait, kTick, 0, "futex");
  profile.figures().rate_hz = 100;
  profile.figures().rounds = 25;
  profile.set_start(absl::FromUnixSeconds(1'700'000'000));
  profile.set_duration(25 * kTick);
  return profile;
}

}  // namespace spyhop

#endif  // SPYHOP_TESTS_UNIT_REPORT_FULL_PROFILE_H_
