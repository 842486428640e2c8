#include "cli/daemon/history.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "report/recording_file.h"
#include "sampler/profile/recording_stream.h"

namespace spyhop {
namespace {

namespace fs = std::filesystem;

class HistoryTest : public testing::Test {
 protected:
  HistoryTest() {
    std::string name = testing::TempDir() + "history-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~HistoryTest() override { fs::remove_all(path_); }

  std::unique_ptr<History> Open() { return *History::Open(path_, {1 << 30, 3600 * kSecond}); }
  std::vector<std::string> Recordings() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(path_)) {
      if (entry.path().extension() == ".spyhop") found.push_back(entry.path());
    }
    return found;
  }

  std::string path_;
};

void AddSamples(Profile& profile, int count) {
  profile.set_start(absl::Now(), 1);
  profile.AddTarget({.pid = 7});
  const ThreadIndex thread = profile.AddThread({.tid = 7});
  for (int i = 1; i <= count; ++i) {
    const FrameId frame = profile.frames().Intern({.line = i});
    profile.Add({.thread = thread,
                 .stack = profile.stacks().Push(kNoStack, frame),
                 .weight = kSecond,
                 .end = 1 + i * kSecond});
  }
}

TEST_F(HistoryTest, KeepsWhatReportReads) {
  {
    const auto history = Open();
    Profile profile;
    const auto recording = history->Begin(7, 99, absl::Now());
    RecordingStream stream(
        profile, 0,
        [&](std::string message) { history->Add(recording, std::move(message)); },
        History::kBlockSpan);
    AddSamples(profile, 20);
    stream.Finish();
    history->Finish(recording);
  }
  ASSERT_EQ(Recordings().size(), 1u);
  const auto read = ReadRecordingFile(Recordings()[0], {});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(read->damage.ok()) << read->damage;
  EXPECT_EQ(read->profile.figures().samples, 20u);
}

TEST_F(HistoryTest, APartWithNothingInItLeavesNothing) {
  {
    const auto history = Open();
    history->Finish(history->Begin(7, 99, absl::Now()));
  }
  EXPECT_TRUE(fs::is_empty(path_));
}

TEST_F(HistoryTest, IsPrunedToItsLimitsAtTheStart) {
  fs::create_directory(path_ + "/7-99");
  std::ofstream(path_ + "/7-99/20010101T000000.000Z.spyhop") << "old";
  const auto history = Open();
  while (history->bytes() > 0) std::this_thread::yield();
  EXPECT_TRUE(Recordings().empty());
}

}  // namespace
}  // namespace spyhop
