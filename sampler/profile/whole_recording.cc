#include "sampler/profile/whole_recording.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "sampler/profile/profile_sum.h"
#include "sampler/profile/recording_block.h"
#include "sampler/profile/recording_format.h"
#include "sampler/profile/recording_stream.h"

namespace spyhop {
namespace {

constexpr uint64_t kMostCount = std::numeric_limits<uint32_t>::max();

// All but the sums: with the same ids, as each table is filled in its order.
void CopyTables(const Profile& from, Profile& to) {
  for (size_t i = 1; i < from.strings().size(); ++i) {
    to.strings().Intern(from.strings().Get(StringId(i)));
  }
  for (size_t i = 0; i < from.frames().size(); ++i) {
    to.frames().Intern(from.frames().Get(FrameId(i)));
  }
  for (size_t i = 1; i < from.stacks().size(); ++i) {
    to.stacks().Push(from.stacks().Parent(StackId(i)), from.stacks().Leaf(StackId(i)));
  }
  for (const TargetInfo& target : from.targets()) to.AddTarget(target);
  for (const ThreadInfo& thread : from.threads()) to.AddThread(thread);
  to.figures() = from.figures();
  to.set_start(from.start());
  to.set_duration(from.duration());
}

// Tells the stream a bucket as samples. Which ones were truncated is not known any more, only how
// many: the first ones are said to be.
class Teller {
 public:
  Teller(RecordingStream& stream, const SamplingFigures& figures)
      : stream_(stream), truncated_(figures.truncated) {}

  void Tell(const Profile::Key& key, const Times& times) {
    Sample sample{.thread = key.thread,
                  .stack = key.stack,
                  .time_class = key.time_class,
                  .wait_reason = key.wait_reason,
                  .weight = times[key.time_class],
                  .cpu = times.cpu};
    uint64_t left = times.samples;
    do {
      sample.count = Take(left, sample.truncated);
      stream_.OnSample(sample);
      sample.weight = sample.cpu = 0;
      left -= sample.count;
    } while (left > 0);
  }

 private:
  // How many of `left` samples are told next, and with which cause.
  uint32_t Take(uint64_t left, SampleErrorCode& cause) {
    for (size_t i = 1; i < truncated_.size(); ++i) {
      const auto count = static_cast<uint32_t>(std::min({left, truncated_[i], kMostCount}));
      if (count == 0) continue;
      truncated_[i] -= count;
      cause = static_cast<SampleErrorCode>(i);
      return count;
    }
    cause = SampleErrorCode::kNone;
    return static_cast<uint32_t>(std::min(left, kMostCount));
  }

  RecordingStream& stream_;
  std::array<uint64_t, kSampleErrorCodes> truncated_;
};

void TellLost(const Profile& profile, RecordingStream& stream) {
  for (const auto& [key, times] : PlacelessTimes(profile)) {
    stream.OnLost({.thread = key.thread,
                   .time_class = key.time_class,
                   .weight = times[key.time_class],
                   .cpu = times.cpu,
                   .count = 0},
                  SampleErrorCode::kNone);
  }
  if (profile.threads().empty()) return;
  for (size_t cause = 0; cause < profile.figures().lost.size(); ++cause) {
    const uint64_t count = std::min(profile.figures().lost[cause], kMostCount);
    if (count == 0) continue;
    stream.OnLost({.count = static_cast<uint32_t>(count)}, static_cast<SampleErrorCode>(cause));
  }
}

}  // namespace

std::string WholeRecording(const Profile& profile) {
  std::string bytes(recording::kMagic);
  Profile tables;
  CopyTables(profile, tables);
  RecordingStream stream(tables, 0,
                         [&bytes](const std::string& message) { bytes += PackBlock(message); });
  Teller teller(stream, profile.figures());
  for (const auto& [key, times] : profile.buckets()) teller.Tell(key, times);
  TellLost(profile, stream);
  stream.Finish();
  return bytes;
}

}  // namespace spyhop
