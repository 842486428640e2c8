#include "report/output_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>

namespace spyhop {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class OutputFileTest : public testing::Test {
 protected:
  OutputFileTest() {
    std::string folder = testing::TempDir() + "spyhop_output_XXXXXX";
    folder_ = mkdtemp(folder.data());
  }
  ~OutputFileTest() override { fs::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ / name; }

  static std::string Contents(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  size_t FilesInFolder() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), {}));
  }

  static absl::Status Write(const std::string& path, const std::string& text) {
    absl::StatusOr<OutputFile> file = OutputFile::Open(path, nullptr);
    if (!file.ok()) return file.status();
    file->sink().Append(text);
    return file->Commit();
  }

  fs::path folder_;
};

struct Pipe {
  explicit Pipe(int flags) { EXPECT_EQ(pipe2(ends, O_CLOEXEC | flags), 0); }
  ~Pipe() { CloseReader(), close(ends[1]); }

  void CloseReader() {
    if (ends[0] >= 0) close(std::exchange(ends[0], -1));
  }

  std::string Read(size_t size) const {
    std::string text(size, ' ');
    size_t length = 0;
    for (ssize_t got = 1; got > 0 && length < size; length += static_cast<size_t>(got)) {
      got = read(ends[0], text.data() + length, size - length);
    }
    return text;
  }

  std::string WriterPath() const { return "/proc/self/fd/" + std::to_string(ends[1]); }

  int ends[2];
};

TEST_F(OutputFileTest, AppearsWholeAtCommit) {
  absl::StatusOr<OutputFile> file = OutputFile::Open(Path("p.json"), nullptr);
  ASSERT_TRUE(file.ok());
  const std::string text(300'000, 'x');
  file->sink().Append(text);
  EXPECT_FALSE(fs::exists(Path("p.json")));
  ASSERT_TRUE(file->Commit().ok());
  EXPECT_EQ(Contents(Path("p.json")), text);
  EXPECT_EQ(FilesInFolder(), 1u);
}

TEST_F(OutputFileTest, LeavesNothingWithoutCommit) {
  ASSERT_TRUE(Write(Path("p"), "old").ok());
  {
    absl::StatusOr<OutputFile> file = OutputFile::Open(Path("p"), nullptr);
    ASSERT_TRUE(file.ok());
    file->sink().Append(std::string(100'000, 'x'));
  }
  EXPECT_EQ(Contents(Path("p")), "old");
  EXPECT_EQ(FilesInFolder(), 1u);
}

TEST_F(OutputFileTest, IsRemovedWhenTheProgramLeavesAtOnce) {
  TemporaryFiles temporary;
  absl::StatusOr<OutputFile> file = OutputFile::Open(Path("p"), &temporary);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(FilesInFolder(), 1u);
  temporary.RemoveAll();
  EXPECT_EQ(FilesInFolder(), 0u);
}

TEST_F(OutputFileTest, KeepsTheModeOfTheFileItReplaces) {
  ASSERT_TRUE(Write(Path("p"), "old").ok());
  ASSERT_EQ(chmod(Path("p").c_str(), 0600), 0);
  ASSERT_TRUE(Write(Path("p"), "new").ok());
  struct stat info;
  ASSERT_EQ(stat(Path("p").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(Contents(Path("p")), "new");
}

TEST_F(OutputFileTest, WritesThroughASymbolicLink) {
  fs::create_directory(Path("d"));
  ASSERT_EQ(symlink("d/real", Path("link").c_str()), 0);
  ASSERT_TRUE(Write(Path("link"), "x").ok());
  EXPECT_TRUE(fs::is_symlink(Path("link")));
  EXPECT_EQ(Contents(Path("d/real")), "x");
}

TEST_F(OutputFileTest, DoesNotReplaceADevice) {
  ASSERT_TRUE(Write("/dev/null", "x").ok());
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(OutputFileTest, WritesIntoAPipeThatIsNamedByALinkToNowhere) {
  const Pipe pipe(0);
  const std::string path = pipe.WriterPath();
  ASSERT_FALSE(fs::exists(fs::read_symlink(path))) << "as /dev/stdout is in a pipeline";
  EXPECT_TRUE(CheckWritable(path).ok());
  ASSERT_TRUE(Write(path, "text").ok());
  EXPECT_EQ(pipe.Read(4), "text");
}

TEST_F(OutputFileTest, GoesOnWhenAPipeThatDoesNotBlockIsFull) {
  const Pipe pipe(O_NONBLOCK);
  ASSERT_EQ(fcntl(pipe.ends[0], F_SETFL, 0), 0);
  const std::string text(1'000'000, 'x');
  std::future<int> error = std::async(std::launch::async, [&] {
    FdSink sink(pipe.ends[1]);
    sink.Append(text);
    return sink.Finish();
  });
  // Until then it has filled the pipe and would have given up.
  ASSERT_EQ(error.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  EXPECT_EQ(pipe.Read(text.size()), text);
  EXPECT_EQ(error.get(), 0);
}

TEST_F(OutputFileTest, SaysWhenTheReaderOfAFifoHasEnded) {
  ASSERT_EQ(mkfifo(Path("fifo").c_str(), 0600), 0);
  const auto old_handler = signal(SIGPIPE, SIG_IGN);
  const int reader = open(Path("fifo").c_str(), O_RDONLY | O_NONBLOCK);
  absl::StatusOr<OutputFile> file = OutputFile::Open(Path("fifo"), nullptr);
  close(reader);
  ASSERT_TRUE(file.ok());
  file->sink().Append("x");
  EXPECT_THAT(std::string(file->Commit().message()),
              HasSubstr("/fifo': Broken pipe; its reader has ended"));
  signal(SIGPIPE, old_handler);
}

TEST_F(OutputFileTest, RefusesASocketBeforeThereIsDataForIt) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_FALSE(CheckWritable("/proc/self/fd/" + std::to_string(fd)).ok());
  close(fd);
}

TEST_F(OutputFileTest, KeepsTheWholeDataWhenTheFileCannotBeReplaced) {
  TemporaryFiles temporary;
  absl::StatusOr<OutputFile> file = OutputFile::Open(Path("p"), &temporary);
  ASSERT_TRUE(file.ok());
  file->sink().Append("whole");
  // What rename(2) refuses; a mounted file takes privileges.
  fs::create_directory(Path("p"));
  const std::string message(file->Commit().message());
  EXPECT_THAT(message, HasSubstr("cannot replace '" + Path("p") + "': Is a directory"));
  temporary.RemoveAll();
  { const OutputFile destroyed = *std::move(file); }
  fs::remove(Path("p"));
  ASSERT_EQ(FilesInFolder(), 1u);
  const std::string kept = fs::directory_iterator(folder_)->path();
  EXPECT_EQ(Contents(kept), "whole");
  EXPECT_THAT(message, HasSubstr("the data is whole in '" + kept + "'"));
}

TEST_F(OutputFileTest, SaysWhenTheDiskIsFull) {
  const absl::Status status = Write("/dev/full", "x");
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("cannot write to '/dev/full': No space left on device; free some space"));
}

TEST_F(OutputFileTest, CheckWritableFindsWhatWouldFailAndTouchesNothing) {
  EXPECT_TRUE(CheckWritable(Path("new")).ok());
  EXPECT_EQ(FilesInFolder(), 0u);
  EXPECT_TRUE(CheckWritable("/dev/null").ok());
  EXPECT_THAT(std::string(CheckWritable(Path("no/p")).message()), HasSubstr("create the folder"));
  EXPECT_THAT(std::string(CheckWritable(folder_).message()), HasSubstr("Is a directory"));
  EXPECT_FALSE(CheckWritable(Path("new/")).ok());
  EXPECT_FALSE(CheckWritable("").ok());
  EXPECT_FALSE(CheckWritable(Path(std::string(300, 'n'))).ok());
}

TEST_F(OutputFileTest, WorksForTheLongestName) {
  const std::string path = Path(std::string(255, 'n'));
  EXPECT_TRUE(CheckWritable(path).ok());
  EXPECT_TRUE(Write(path, "x").ok());
}

TEST_F(OutputFileTest, EscapesTheNameInMessages) {
  EXPECT_THAT(std::string(CheckWritable("/no\x1b[31m/p").message()), HasSubstr("'/no\\x1b[31m/p'"));
}

}  // namespace
}  // namespace spyhop
