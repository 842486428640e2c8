// Input: a byte, and a recording. With an even byte the recording's messages, each behind its size
// (2 bytes, little endian), so that the fuzzer need not compress; with an odd one the file. Bit 1:
// a part of its time. Whatever it holds, its sums are sound: no bucket has more than its thread.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "sampler/profile/line_profile.h"
#include "sampler/profile/recording_reader.h"
#include "sampler/profile/recording_replay.h"
#include "sampler/profile/timeline.h"

namespace spyhop {
namespace {

void Check(const Profile& profile) {
  for (const auto& [key, times] : profile.buckets()) {
    if (times.Wall(true) < 0 || times.cpu < 0) __builtin_trap();
    if (static_cast<size_t>(key.thread) >= profile.threads().size()) __builtin_trap();
    profile.stacks().Frames(key.stack);
  }
  for (const ThreadInfo& thread : profile.threads()) {
    if (thread.target >= profile.targets().size()) __builtin_trap();
  }
  const SpanScale scale(profile);
  for (const Profile::Span& span : profile.timeline()) {
    if (span.length() < 0 || !(scale.Weight(span) >= 0)) __builtin_trap();
  }
  MakeLineProfile(profile, {.native = true});
}

void Replay(std::string_view input, TimeRange range) {
  Profile profile;
  profile.KeepTimeline();
  RecordingReplay replay(profile, range);
  while (input.size() > 2) {
    const size_t size = std::min<size_t>(
        static_cast<uint8_t>(input[0]) | static_cast<uint8_t>(input[1]) << 8, input.size() - 2);
    if (!replay.Add(input.substr(2, size)).ok()) break;
    input.remove_prefix(2 + size);
  }
  replay.Finish();
  Check(profile);
}

void ReadFile(std::string_view input, TimeRange range) {
  const auto read = [&input](char* to, size_t size) {
    size = std::min(size, input.size());
    if (size != 0) std::memcpy(to, input.data(), size);
    input.remove_prefix(size);
    return size;
  };
  Profile profile;
  ReadRecordingBytes(read, range, true, profile).IgnoreError();
  Check(profile);
}

}  // namespace
}  // namespace spyhop

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  spyhop::TimeRange range;
  if ((data[0] & 2) != 0) range = {.from = 3 * spyhop::kMillisecond, .to = spyhop::kSecond};
  if ((data[0] & 1) == 0) {
    spyhop::Replay(input, range);
  } else {
    spyhop::ReadFile(input, range);
  }
  return 0;
}
