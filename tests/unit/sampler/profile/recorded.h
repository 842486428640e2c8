// A profile that is filled in all the ways there are while a recording is made of it, and the
// recording.
#ifndef SPYHOP_TESTS_UNIT_SAMPLER_PROFILE_RECORDED_H_
#define SPYHOP_TESTS_UNIT_SAMPLER_PROFILE_RECORDED_H_

#include <cstring>
#include <string>
#include <vector>

#include "sampler/profile/recording_block.h"
#include "sampler/profile/recording_format.h"
#include "sampler/profile/recording_reader.h"
#include "sampler/profile/recording_stream.h"

namespace spyhop {

class Recorded {
 public:
  static constexpr Nanos kBegin = 77 * kSecond;  // of the monotonic clock

  explicit Recorded(uint32_t index = 0, bool timeline = false)
      : stream_(profile_, index, [this](std::string message) { messages_.push_back(message); }) {
    if (timeline) profile_.KeepTimeline();
    profile_.AddTarget({.pid = 42 + static_cast<int>(index),
                        .command = {"python3", "app.py"},
                        .executable = "/usr/bin/python3",
                        .python_version = "3.11.2",
                        .flavour = "release"});
    profile_.set_start(absl::FromUnixSeconds(1'700'000'000), kBegin);
    main_ = profile_.AddThread({.tid = 42, .name = "MainThread"});
    worker_ = profile_.AddThread({.tid = 43, .name = "worker", .python = false});
    work_ = StackOf({"main", "work"});
    rest_ = StackOf({"main", "recv"});
  }

  StackId StackOf(const std::vector<std::string>& functions) {
    StackId stack = kNoStack;
    int line = 0;
    for (const std::string& name : functions) {
      const Frame frame{.file = profile_.strings().Intern("/srv/app.py"),
                        .function = profile_.strings().Intern(name),
                        .line = ++line};
      stack = profile_.stacks().Push(stack, profile_.frames().Intern(frame));
    }
    return stack;
  }

  // `seconds` of two threads at 100 Hz, 30 % of the main one's time in `work`, queueing and losses.
  void Fill(int seconds) {
    const StringId reason = profile_.strings().Intern("recv socket 10.0.0.5:5432");
    for (int i = 1; i <= seconds * 100; ++i) {
      const Nanos now = kBegin + i * kTick;
      Sample main{.thread = main_, .stack = work_, .weight = kTick, .cpu = kTick, .end = now};
      if (i % 10 > 3) {
        main.stack = rest_;
        main.time_class = TimeClass::kWait;
        main.wait_reason = reason;
        main.cpu = 0;
      } else if (i % 20 == 3) {
        main.time_class = TimeClass::kNative;
        main.cpu = kTick / 3;
      }
      if (i % 50 == 7) {
        profile_.AddLost(main, SampleErrorCode::kNotSeen);
      } else {
        if (i % 50 == 9) main.truncated = SampleErrorCode::kTooDeep;
        profile_.Add(main);
      }
      profile_.Add({.thread = worker_,
                    .stack = StackOf({"main", "f" + std::to_string(i / 40)}),
                    .time_class = TimeClass::kIdle,
                    .weight = kTick,
                    .end = now});
      ++profile_.figures().rounds;
    }
    profile_.thread(worker_).name = "worker-2";
  }

  void Finish(Nanos duration) {
    profile_.Move({main_, work_, {}, TimeClass::kPython}, TimeClass::kRunQueue, 17 * kTick / 3);
    profile_.Add({.thread = main_,
                  .stack = work_,
                  .time_class = TimeClass::kKernel,
                  .weight = kTick / 7,
                  .count = 0});
    profile_.Calibrate({{main_, {.running = kSecond / 3, .cpu = kSecond / 4, .blocked = kSecond}}});
    SamplingFigures& figures = profile_.figures();
    figures.rate_hz = 100;
    figures.pause_mode = "auto";
    figures.late_rounds = 3;
    figures.own_cpu = 5 * kMillisecond;
    figures.own_peak_rss_bytes = 12'000'000;
    figures.stops.Add(9 * kMicrosecond);
    figures.stops.Add(31 * kMicrosecond);
    profile_.set_duration(duration);
    stream_.Finish();
  }

  Profile& profile() { return profile_; }
  const std::vector<std::string>& messages() const { return messages_; }
  std::string File() const {
    std::string file(recording::kMagic);
    for (const std::string& message : messages_) file += PackBlock(message);
    return file;
  }

  static constexpr Nanos kTick = 10 * kMillisecond;

 private:
  Profile profile_;
  std::vector<std::string> messages_;
  RecordingStream stream_;
  ThreadIndex main_{};
  ThreadIndex worker_{};
  StackId work_{};
  StackId rest_{};
};

inline absl::Status ReadText(std::string_view file, Profile& profile, TimeRange range = {},
                             bool timeline = false) {
  const auto read = [&file](char* to, size_t size) {
    size = std::min(size, file.size());
    if (size != 0) std::memcpy(to, file.data(), size);
    file.remove_prefix(size);
    return size;
  };
  return ReadRecordingBytes(read, range, timeline, profile);
}

}  // namespace spyhop

#endif  // SPYHOP_TESTS_UNIT_SAMPLER_PROFILE_RECORDED_H_
