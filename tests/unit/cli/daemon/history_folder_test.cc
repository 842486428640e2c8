#include "cli/daemon/history_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace spyhop {
namespace {

namespace fs = std::filesystem;

class HistoryFolderTest : public testing::Test {
 protected:
  HistoryFolderTest() {
    std::string name = testing::TempDir() + "history-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~HistoryFolderTest() override { fs::remove_all(path_); }

  std::unique_ptr<HistoryFolder> Open() { return *HistoryFolder::Open(path_); }
  void Put(const std::string& name, size_t bytes) {
    fs::create_directories(fs::path(path_ + "/" + name).parent_path());
    std::ofstream(path_ + "/" + name) << std::string(bytes, 'x');
  }
  bool Has(const std::string& name) { return fs::exists(fs::symlink_status(path_ + "/" + name)); }

  std::string path_;
};

const absl::Time kTime = absl::FromUnixMillis(1'700'000'000'123);
constexpr char kName[] = "7-99/20231114T221320.123Z.spyhop";

TEST_F(HistoryFolderTest, NamesARecordingByItsTargetAndTime) {
  const auto folder = Open();
  HistoryFolder::Growing recording = folder->Begin(7, 99, kTime);
  EXPECT_FALSE(Has("7-99")) << "nothing to keep yet";
  EXPECT_EQ(folder->Append(recording, "abc"), 0);
  EXPECT_EQ(folder->Append(recording, "de"), 0);
  struct stat info {};
  ASSERT_EQ(stat((path_ + "/" + kName).c_str(), &info), 0);
  EXPECT_EQ(info.st_size, 5);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
  EXPECT_EQ(folder->bytes(), 5u);
}

TEST_F(HistoryFolderTest, OfTwoWithOneNameBothStay) {
  const auto folder = Open();
  for (int i = 0; i < 2; ++i) {
    HistoryFolder::Growing recording = folder->Begin(7, 99, kTime);
    EXPECT_EQ(folder->Append(recording, "abc"), 0);
    folder->Finish(recording);
  }
  EXPECT_TRUE(Has("7-99/20231114T221320.124Z.spyhop"));
}

TEST_F(HistoryFolderTest, LetsGoOfTheOldestFirst) {
  Put("1-1/20231114T221320.123Z.spyhop", 10);
  Put("2-1/20231114T221319.123Z.spyhop", 10);
  Put("2-1/20231114T221321.123Z.spyhop", 10);
  const auto folder = Open();
  EXPECT_EQ(folder->bytes(), 30u);
  folder->Prune(absl::InfinitePast(), 25);
  EXPECT_EQ(folder->bytes(), 20u);
  EXPECT_FALSE(Has("2-1/20231114T221319.123Z.spyhop"));
  folder->Prune(kTime + absl::Milliseconds(1), 25);
  EXPECT_FALSE(Has("1-1")) << "its last one is gone";
  EXPECT_TRUE(Has("2-1/20231114T221321.123Z.spyhop"));
}

TEST_F(HistoryFolderTest, WhatGrowsStays) {
  const auto folder = Open();
  HistoryFolder::Growing recording = folder->Begin(7, 99, kTime);
  folder->Append(recording, "abc");
  EXPECT_FALSE(folder->DropOldest());
  folder->Prune(absl::InfiniteFuture(), 0);
  EXPECT_TRUE(Has(kName));
  folder->Finish(recording);
  EXPECT_TRUE(folder->DropOldest());
  EXPECT_EQ(folder->bytes(), 0u);
}

TEST_F(HistoryFolderTest, TouchesNothingElse) {
  Put("notes.txt", 5);
  Put("7-99/notes.txt", 5);
  Put("somebody/20231114T221320.123Z.spyhop", 5);
  Put(".20231114T221320.123Z.json.0badcafe.tmp", 5);
  const auto folder = Open();
  folder->Prune(absl::InfiniteFuture(), 0);
  EXPECT_TRUE(Has("notes.txt") && Has("7-99/notes.txt"));
  EXPECT_TRUE(Has("somebody/20231114T221320.123Z.spyhop"));
  EXPECT_FALSE(Has(".20231114T221320.123Z.json.0badcafe.tmp")) << "a killed daemon's";
}

TEST_F(HistoryFolderTest, NeverFollowsALink) {
  fs::create_directory(path_ + "/elsewhere");
  Put("elsewhere/20231114T221320.123Z.spyhop", 5);
  fs::create_directory_symlink(path_ + "/elsewhere", path_ + "/7-99");
  fs::create_directory(path_ + "/8-1");
  fs::create_symlink(path_ + "/elsewhere/new", path_ + "/8-1/20231114T221320.123Z.spyhop");
  const auto folder = Open();
  EXPECT_EQ(folder->bytes(), 0u);
  HistoryFolder::Growing through_folder = folder->Begin(7, 99, kTime);
  EXPECT_NE(folder->Append(through_folder, "abc"), 0);
  HistoryFolder::Growing through_file = folder->Begin(8, 1, kTime);
  EXPECT_EQ(folder->Append(through_file, "abc"), 0) << "under the next name";
  EXPECT_FALSE(Has("elsewhere/new"));
}

TEST_F(HistoryFolderTest, SaysWhyItCannotBeUsed) {
  Put("file", 1);
  const auto refused = HistoryFolder::Open(path_ + "/file");
  EXPECT_NE(refused.status().message().find("cannot keep the history"), absl::string_view::npos);
}

}  // namespace
}  // namespace spyhop
