#include "cli/target_sources.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace spyhop {
namespace {

namespace fs = std::filesystem;

// A child that waits in a folder of the test, confined to `root` when there is one.
class Child {
 public:
  Child(const fs::path& folder, const fs::path& root) {
    int ready[2];
    if (pipe(ready) != 0) return;
    pid_ = fork();
    if (pid_ == 0) {
      if (!root.empty() && chroot(root.c_str()) != 0) _exit(1);
      if (chdir(folder.c_str()) != 0 || write(ready[1], "x", 1) != 1) _exit(1);
      while (true) pause();
    }
    close(ready[1]);
    char byte;
    up_ = read(ready[0], &byte, 1) == 1;
    close(ready[0]);
  }
  ~Child() { End(); }

  void End() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  int pid() const { return pid_; }
  bool up() const { return up_; }

 private:
  int pid_ = 0;
  bool up_ = false;
};

class TargetSourcesTest : public testing::Test {
 protected:
  TargetSourcesTest() {
    std::string folder = testing::TempDir() + "spyhop_sources_XXXXXX";
    folder_ = fs::canonical(mkdtemp(folder.data()));
    fs::create_directories(folder_ / "app/lib");
    std::ofstream(folder_ / "app/main.py") << "main";
    std::ofstream(folder_ / "app/lib/part.py") << "part";
    std::ofstream(folder_ / "outside.py") << "outside";
    fs::create_symlink("/lib/part.py", folder_ / "app/link.py");
  }
  ~TargetSourcesTest() override { fs::remove_all(folder_); }

  static std::string Read(const ScopedFd& fd) {
    char text[64];
    const ssize_t got = fd.valid() ? read(fd.get(), text, sizeof(text)) : 0;
    return std::string(text, got > 0 ? static_cast<size_t>(got) : 0);
  }

  fs::path folder_;
};

TEST_F(TargetSourcesTest, TakesRelativeNamesFromTheTargetsFolder) {
  Child child(folder_ / "app", "");
  TargetSources sources;
  sources.Remember(child.pid());
  EXPECT_EQ(Read(sources.Open(child.pid(), "main.py")), "main");
  EXPECT_EQ(Read(sources.Open(child.pid(), "./lib/../main.py")), "main");
  EXPECT_EQ(Read(sources.Open(child.pid(), "../outside.py")), "outside");
  EXPECT_EQ(Read(sources.Open(child.pid(), "nothing.py")), "");
  const int pid = child.pid();
  child.End();
  EXPECT_EQ(Read(sources.Open(pid, "main.py")), "main") << "the folder is remembered";
}

TEST_F(TargetSourcesTest, FindsTheFolderAlsoWhenItIsRenamed) {
  Child child(folder_ / "app", "");
  TargetSources sources;
  sources.Remember(child.pid());
  fs::rename(folder_ / "app", folder_ / "application");
  EXPECT_EQ(Read(sources.Open(child.pid(), "main.py")), "main");
}

TEST_F(TargetSourcesTest, StaysInsideTheTargetsRoot) {
  if (geteuid() != 0) GTEST_SKIP() << "chroot needs root";
  Child child("/", folder_ / "app");
  if (!child.up()) GTEST_SKIP() << "chroot is refused";
  TargetSources sources;
  sources.Remember(child.pid());
  EXPECT_EQ(Read(sources.Open(child.pid(), "main.py")), "main");
  EXPECT_EQ(Read(sources.Open(child.pid(), "link.py")), "part") << "links as the target sees them";
  EXPECT_EQ(Read(sources.Open(child.pid(), "/main.py")), "main");
  EXPECT_EQ(Read(sources.Open(child.pid(), "../outside.py")), "");
  EXPECT_EQ(Read(sources.Open(child.pid(), (folder_ / "outside.py").string())), "");
}

}  // namespace
}  // namespace spyhop
