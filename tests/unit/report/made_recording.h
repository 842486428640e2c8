// Profiles of made-up programs, sampled at random instants as the sampler does it, by a seed: to
// find out how often a comparison errs.
#ifndef SPYHOP_TESTS_UNIT_REPORT_MADE_RECORDING_H_
#define SPYHOP_TESTS_UNIT_REPORT_MADE_RECORDING_H_

#include <random>
#include <string>
#include <vector>

#include "sampler/profile/profile.h"
#include "tests/unit/report/hostile_profile.h"

namespace spyhop {

struct MadeLine {
  std::string function;
  int line = 0;
  double cost = 1;  // any unit; its time for each unit of work
  std::string file = "/srv/app.py";
};

struct MadeProgram {
  std::vector<MadeLine> lines;
  // How long a line goes on once it is reached, on average; 0: not longer than a sample lasts.
  double stay_s = 0;
  // Units of work asked for each second; 0: as much as it can. What is left is idle time.
  double load = 0;
  int threads = 1;
};

struct MadeOptions {
  double seconds = 20;
  double hz = 100;
  bool timeline = true;
};

class Recorder {
 public:
  Recorder(const MadeProgram& program, const MadeOptions& options, uint64_t seed)
      : program_(program), options_(options), random_(seed) {
    profile_.AddTarget({.pid = 42, .command = {"python3", "app.py"}, .python_version = "3.11.2"});
    root_ = AddFrame(profile_, program.lines[0].file, 1, "<module>");
    idle_ = profile_.stacks().Intern({root_, AddFrame(profile_, "/lib/loop.py", 5, "wait")});
    double busy = 0;
    for (const MadeLine& line : program.lines) {
      const FrameId frame = AddFrame(profile_, line.file, line.line, line.function);
      stacks_.push_back(profile_.stacks().Intern({root_, frame}));
      weights_.push_back(line.cost);
      busy += line.cost * program.load;
    }
    if (program.load > 0 && busy < 1) weights_.push_back((1 - busy) / program.load);
  }

  Profile Record() {
    profile_.set_start(absl::FromUnixSeconds(1'700'000'000), kBegin);
    profile_.set_duration(Nanos(options_.seconds * kSecond));
    profile_.figures().rate_hz = options_.hz;
    if (options_.timeline) profile_.KeepTimeline();
    for (int i = 0; i < program_.threads; ++i) AddThread(i);
    profile_.figures().rounds = profile_.figures().samples / program_.threads;
    return std::move(profile_);
  }

 private:
  static constexpr Nanos kBegin = 5 * kSecond;

  void AddThread(int index) {
    const ThreadIndex thread = profile_.AddThread({.tid = 42 + index, .name = "worker"});
    std::discrete_distribution<size_t> line(weights_.begin(), weights_.end());
    std::uniform_real_distribution<double> jitter(0.5, 1.5);
    std::exponential_distribution<double> stay(program_.stay_s > 0 ? 1 / program_.stay_s : 1);
    size_t now_in = line(random_);
    double until = stay(random_);
    double before = 0;
    double instant = jitter(random_) / options_.hz;
    while (instant < options_.seconds) {
      while (program_.stay_s > 0 && until < instant) {
        now_in = line(random_);
        until += stay(random_);
      }
      if (program_.stay_s <= 0) now_in = line(random_);
      AddSample(thread, now_in, before, instant);
      before = instant;
      instant += jitter(random_) / options_.hz;
    }
  }

  void AddSample(ThreadIndex thread, size_t line, double before, double instant) {
    const bool idle = line == stacks_.size();
    const Nanos end = Nanos(instant * kSecond);
    profile_.Add({.thread = thread,
                  .stack = idle ? idle_ : stacks_[line],
                  .time_class = idle ? TimeClass::kIdle : TimeClass::kPython,
                  .weight = end - Nanos(before * kSecond),
                  .end = kBegin + end});
  }

  const MadeProgram& program_;
  const MadeOptions options_;
  std::mt19937_64 random_;
  Profile profile_;
  FrameId root_{};
  StackId idle_{};
  std::vector<StackId> stacks_;
  std::vector<double> weights_;
};

inline Profile Record(const MadeProgram& program, uint64_t seed, const MadeOptions& options = {}) {
  return Recorder(program, options, seed).Record();
}

// A loop of five lines in two functions. The first one takes `first` of all time.
inline MadeProgram BusyLoop(double first = 0.5) {
  const double rest = 1 - first;
  return {.lines = {{"work", 10, first},
                    {"work", 11, 0.4 * rest},
                    {"work", 12, 0.3 * rest},
                    {"parse", 20, 0.2 * rest},
                    {"parse", 21, 0.1 * rest}}};
}

inline MadeProgram Slower(MadeProgram program, size_t line, double factor) {
  program.lines[line].cost *= factor;
  return program;
}

}  // namespace spyhop

#endif  // SPYHOP_TESTS_UNIT_REPORT_MADE_RECORDING_H_
