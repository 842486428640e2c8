// A profile with a timeline, with all that sampling does to one: times scaled to what the scheduler
// counted, time that has gone over to another class since, a pause, time that no sample met.
#ifndef SPYHOP_TESTS_UNIT_REPORT_TIMELINE_PROFILE_H_
#define SPYHOP_TESTS_UNIT_REPORT_TIMELINE_PROFILE_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/absl_view.h"
#include "report/view.h"
#include "sampler/profile/profile.h"
#include "tests/unit/report/hostile_profile.h"

namespace spyhop {

inline constexpr Nanos kTimelineBegin = 5 * kSecond;  // of the monotonic clock

// Adds samples of threads, each beginning where the thread's last one ended.
class TimelineBuilder {
 public:
  explicit TimelineBuilder(Profile& profile) : profile_(profile) {
    profile_.KeepTimeline();
    profile_.set_start(absl::FromUnixSeconds(1'700'000'000), kTimelineBegin);
  }
  void Add(ThreadIndex thread, const std::vector<FrameId>& frames, TimeClass time_class,
           Nanos weight, std::string_view reason = "") {
    Sample sample = MakeSample(profile_, thread, frames, time_class, weight, reason);
    sample.end = kTimelineBegin + (now_[thread] += weight);
    profile_.Add(sample);
  }
  void Pause(ThreadIndex thread, Nanos length) { now_[thread] += length; }

 private:
  Profile& profile_;
  std::map<ThreadIndex, Nanos> now_;
};

// Thread 42 ("main"): work, which queries (waits) and compresses (native), a pause at 300 ms, then
// save. Thread 43 ("worker"): busy and idle in turn.
inline Profile TimelineProfile() {
  Profile profile;
  TimelineBuilder timeline(profile);
  profile.AddTarget({.pid = 42, .command = {"python3", "app.py"}});
  const ThreadIndex main = profile.AddThread({.tid = 42, .name = "main"});
  const ThreadIndex worker = profile.AddThread({.tid = 43, .name = "worker"});
  const FrameId root = AddFrame(profile, "/srv/app.py", 1, "<module>");
  const FrameId work = AddFrame(profile, "/srv/app.py", 10, "work");
  const FrameId query = AddFrame(profile, "/srv/db.py", 7, "query");
  const FrameId deflate = AddFrame(profile, "/lib/libz.so.1", 0, "deflate", FrameKind::kNative);
  const FrameId save = AddFrame(profile, "/srv/app.py", 30, "save");
  const FrameId write = AddFrame(profile, "", 0, "write", FrameKind::kKernel);
  const FrameId loop = AddFrame(profile, "/srv/loop.py", 5, "loop");
  for (int i = 0; i < 12; ++i) {
    const Nanos jitter = Nanos{123'457} * i;
    timeline.Add(main, {root, work}, TimeClass::kPython, 10 * kMillisecond + jitter);
    timeline.Add(main, {root, work, deflate}, TimeClass::kNative, 5 * kMillisecond - jitter);
    timeline.Add(main, {root, work, query}, TimeClass::kWait, 10 * kMillisecond + 1,
                 i < 6 ? "recv socket 10.0.0.5:5432" : "read pipe");
    const bool busy = i % 2 == 0;
    timeline.Add(worker, {loop}, busy ? TimeClass::kPython : TimeClass::kIdle, 25 * kMillisecond,
                 busy ? "" : "epoll_wait");
  }
  timeline.Pause(main, 50 * kMillisecond);
  timeline.Add(main, {root, save}, TimeClass::kPython, 10 * kMillisecond);
  timeline.Add(main, {root, save, write}, TimeClass::kKernel, 10 * kMillisecond);
  Sample unseen = MakeSample(profile, main, {root}, TimeClass::kRunQueue, 3 * kMillisecond);
  unseen.count = 0;
  profile.Add(unseen);
  const auto place = [&](const std::vector<FrameId>& frames) {
    return Profile::Key{main, profile.stacks().Intern(frames), StringId{}, TimeClass::kPython};
  };
  profile.Move(place({root, work}), TimeClass::kRunQueue, 41'000'001);
  profile.Move(place({root, work}), TimeClass::kKernel, 22'000'007);
  profile.Move(place({root, save}), TimeClass::kKernel, 10 * kMillisecond);
  profile.Calibrate({{main,
                      {.running = 190'123'457,
                       .cpu = 185 * kMillisecond,
                       .queued = 47'654'321,
                       .blocked = 111'222'333}}});
  profile.figures().rate_hz = 100;
  profile.set_duration(400 * kMillisecond);
  return profile;
}

// Time by thread and stack ("<module>;work"), as the buckets say.
using StackTimes = std::map<std::pair<int, std::string>, Nanos>;

inline std::string StackText(const Profile& profile, StackId stack) {
  std::string text;
  for (const FrameId frame : profile.stacks().Frames(stack)) {
    const StringId function = profile.frames().Get(frame).function;
    absl::StrAppend(&text, text.empty() ? "" : ";", AbslView(profile.strings().Get(function)));
  }
  return text;
}

inline StackTimes BucketTimes(const Profile& profile, bool idle) {
  StackTimes sums;
  for (const auto& [place, times] : profile.buckets()) {
    const Nanos time = times.Wall(idle);
    if (time == 0) continue;
    sums[{profile.thread(place.thread).tid, StackText(profile, place.stack)}] += time;
  }
  return sums;
}

}  // namespace spyhop

#endif  // SPYHOP_TESTS_UNIT_REPORT_TIMELINE_PROFILE_H_
