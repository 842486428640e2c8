#include "sampler/profile/whole_recording.h"

#include <gtest/gtest.h>

#include <cstring>

#include "sampler/profile/recording_reader.h"
#include "tests/unit/report/full_profile.h"

namespace spyhop {
namespace {

Profile Read(const std::string& bytes) {
  size_t at = 0;
  const auto read = [&](char* to, size_t size) {
    size = std::min(size, bytes.size() - at);
    std::memcpy(to, bytes.data() + at, size);
    at += size;
    return size;
  };
  Profile profile;
  EXPECT_TRUE(ReadRecordingBytes(read, {}, false, profile).ok());
  return profile;
}

TEST(WholeRecording, HasTheProfilesSums) {
  const Profile profile = FullProfile();
  const Profile read = Read(WholeRecording(profile));
  ASSERT_EQ(read.threads().size(), profile.threads().size());
  for (size_t i = 0; i < read.threads().size(); ++i) {
    const ThreadInfo& now = read.threads()[i];
    const ThreadInfo& before = profile.threads()[i];
    EXPECT_EQ(now.name, before.name);
    EXPECT_EQ(now.times.by_class, before.times.by_class);
    EXPECT_EQ(now.times.cpu, before.times.cpu);
    EXPECT_EQ(now.times.samples, before.times.samples);
    EXPECT_EQ(now.observed, before.observed);
  }
  ASSERT_EQ(read.buckets().size(), profile.buckets().size());
  for (const auto& [key, times] : profile.buckets()) {
    EXPECT_EQ(read.TimeOf(key), times[key.time_class]);
  }
  EXPECT_EQ(read.start(), profile.start());
  EXPECT_EQ(read.duration(), profile.duration());
}

TEST(WholeRecording, HasTheFiguresOfSampling) {
  Profile profile = FullProfile();
  profile.figures().truncated[static_cast<size_t>(SampleErrorCode::kTooDeep)] = 7;
  profile.figures().truncated[static_cast<size_t>(SampleErrorCode::kIncompleteFrame)] = 2;
  const Profile read = Read(WholeRecording(profile));
  EXPECT_EQ(read.figures().samples, profile.figures().samples);
  EXPECT_EQ(read.figures().truncated, profile.figures().truncated);
  EXPECT_EQ(read.figures().lost, profile.figures().lost);
  EXPECT_EQ(read.figures().rate_hz, profile.figures().rate_hz);
  EXPECT_EQ(read.figures().rounds, profile.figures().rounds);
}

}  // namespace
}  // namespace spyhop
