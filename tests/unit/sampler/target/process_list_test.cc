#include "sampler/target/process_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <thread>

namespace spyhop {
namespace {

using testing::Contains;
using testing::Each;
using testing::Field;
using testing::Not;

auto IsPid(int pid) { return Field(&ProcessList::Entry::pid, pid); }

class Child {
 public:
  Child() : pid_(fork()) {
    if (pid_ == 0) {
      pause();
      _exit(0);
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  int pid() const { return pid_; }

 private:
  int pid_;
};

// New ones, in whichever way they are told: others start processes meanwhile.
std::vector<ProcessList::Entry> Newest(ProcessList& list) {
  const std::optional<std::vector<ProcessList::Entry>> entries = list.ReadNew();
  return entries ? *entries : list.Read();
}

TEST(ProcessList, HasThisProcessWithItsInode) {
  struct stat info;
  ASSERT_EQ(stat("/proc/self/", &info), 0);
  ProcessList list;
  const std::vector<ProcessList::Entry> entries = list.Read();
  EXPECT_THAT(entries, Contains(IsPid(getpid())));
  EXPECT_THAT(entries, Each(Field(&ProcessList::Entry::inode, testing::Gt(0u))));
  for (const ProcessList::Entry& entry : entries) {
    if (entry.pid == getpid()) {
      EXPECT_EQ(entry.inode, info.st_ino);
    }
  }
}

TEST(ProcessList, TellsANewProcess) {
  ProcessList list;
  list.Read();
  const Child child;
  EXPECT_THAT(Newest(list), Contains(IsPid(child.pid())));
}

TEST(ProcessList, GivesTheSameInodeInBothWays) {
  ProcessList list;
  list.Read();
  const Child child;
  uint64_t inode = 0;
  for (const ProcessList::Entry& entry : Newest(list)) {
    if (entry.pid == child.pid()) inode = entry.inode;
  }
  for (const ProcessList::Entry& entry : list.Read()) {
    if (entry.pid == child.pid()) {
      EXPECT_EQ(entry.inode, inode);
    }
  }
}

TEST(ProcessList, TellsNoThread) {
  ProcessList list;
  list.Read();
  int tid = 0;
  std::thread([&] {
    tid = gettid();
    EXPECT_THAT(Newest(list), Not(Contains(IsPid(tid))));
  }).join();
  EXPECT_GT(tid, 0);
}

TEST(ProcessList, DoesNotGuessAfterMany) {
  ProcessList list;
  list.Read();
  for (int i = 0; i < 30; ++i) std::thread([] {}).join();
  EXPECT_FALSE(list.ReadNew().has_value());
}

}  // namespace
}  // namespace spyhop
