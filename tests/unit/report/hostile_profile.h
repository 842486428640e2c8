// A small profile whose names are as bad as a target can make them, for golden outputs.
#ifndef SPYHOP_TESTS_UNIT_REPORT_HOSTILE_PROFILE_H_
#define SPYHOP_TESTS_UNIT_REPORT_HOSTILE_PROFILE_H_

#include <string>
#include <string_view>

#include "sampler/profile/profile.h"

namespace spyhop {

inline FrameId AddFrame(Profile& profile, std::string_view file, int line,
                        std::string_view function, FrameKind kind = FrameKind::kPython) {
  return profile.frames().Intern({.file = profile.strings().Intern(file),
                                  .function = profile.strings().Intern(function),
                                  .line = line,
                                  .kind = kind});
}

inline Sample MakeSample(Profile& profile, ThreadIndex thread, std::vector<FrameId> root_first,
                         TimeClass time_class, Nanos weight, std::string_view reason = "") {
  return {.thread = thread,
          .stack = profile.stacks().Intern(root_first),
          .time_class = time_class,
          .wait_reason = profile.strings().Intern(reason),
          .weight = weight,
          .cpu = time_class == TimeClass::kPython ? weight : 0};
}

inline Profile HostileProfile() {
  using std::string_view;
  Profile profile;
  profile.AddTarget({.pid = 42,
                     .command = {"python3", "a\x1b[31m.py", "</script>"},
                     .executable = "/usr/bin/python3.11",
                     .python_version = "3.11.2",
                     .flavour = "release"});
  const ThreadIndex main = profile.AddThread({.tid = 42, .name = "Main;Thread\n"});
  const ThreadIndex worker = profile.AddThread({.tid = 43, .name = "工人\xff"});
  const FrameId root = AddFrame(profile, "/srv/app.py", 9, "<module>");
  const FrameId script = AddFrame(profile, "/srv/</script>.py", 1, "f;g\x1b[2J");
  const FrameId nul = AddFrame(profile, "/srv/漢字.py", 7, string_view("nul\0name", 8));
  const FrameId invalid = AddFrame(profile, "/srv/\xff\xfe.py", 3, "🐍\u202Eevil");
  profile.Add(MakeSample(profile, main, {root, script}, TimeClass::kPython, 20 * kMillisecond));
  profile.Add(MakeSample(profile, main, {root, nul}, TimeClass::kNative, 10 * kMillisecond));
  profile.Add(MakeSample(profile, main, {root, nul}, TimeClass::kKernel, 10 * kMillisecond));
  profile.Add(
      MakeSample(profile, main, {root, invalid}, TimeClass::kWait, 10 * kMillisecond, "read pipe"));
  profile.Add(
      MakeSample(profile, worker, {root}, TimeClass::kIdle, 50 * kMillisecond, "futex \"queue\""));
  SamplingFigures& figures = profile.figures();
  figures.rate_hz = 100;
  figures.pause_mode = "auto";
  figures.rounds = 5;
  figures.late_rounds = 1;
  figures.truncated[static_cast<size_t>(SampleErrorCode::kTooDeep)] = 2;
  figures.stops.Add(20 * kMicrosecond);
  figures.own_cpu = 1 * kMillisecond;
  figures.own_peak_rss_bytes = 12'000'000;
  profile.set_start(absl::FromUnixSeconds(1'700'000'000));
  profile.set_duration(50 * kMillisecond);
  return profile;
}

}  // namespace spyhop

#endif  // SPYHOP_TESTS_UNIT_REPORT_HOSTILE_PROFILE_H_
