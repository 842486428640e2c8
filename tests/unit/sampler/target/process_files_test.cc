#include "sampler/target/process_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "sampler/target/syscall_names.h"
#include "sampler/target/thread_probe.h"

namespace spyhop {
namespace {

TEST(ParseStat, EndsTheNameAtTheLastParenthesis) {
  const auto stat =
      ParseStat("12 (a) b (c)) S 7 12 12 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 100 200 0");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->comm, "a) b (c)");
  EXPECT_EQ(stat->state, 'S');
  EXPECT_EQ(stat->parent, 7);
  EXPECT_EQ(stat->flags, 4194560u);
  EXPECT_EQ(stat->start_time, 4711u);
}

TEST(ParseStat, RefusesWhatIsCut) {
  const std::string whole = "12 (x) S 7 12 12 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711";
  ASSERT_TRUE(ParseStat(whole));
  for (size_t size = 0; size + 5 < whole.size(); ++size) {
    EXPECT_FALSE(ParseStat(std::string_view(whole).substr(0, size))) << size;
  }
}

TEST(ParseStatus, TakesTheInnermostNamespacesId) {
  const auto status = ParseStatus(
      "Name:\tpython3\nState:\tS (sleeping)\nPid:\t4711\nTracerPid:\t9\n"
      "Uid:\t1000\t1000\t1000\t1000\nNSpid:\t4711\t12\t3\n");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->user.real, 1000u);
  EXPECT_EQ(status->tracer_pid, 9);
  EXPECT_EQ(status->namespace_ids, (std::vector<int>{4711, 12, 3}));
}

TEST(ParseStatus, WorksWithoutPidNamespaces) {
  const auto status = ParseStatus("Pid:\t12\nUid:\t0\t0\t0\t0\n");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->namespace_ids, std::vector<int>{12});
}

TEST(ParseSyscall, ReadsNumberArgumentsStackPointerAndPc) {
  const auto state = ParseSyscall("202 0x55d0 0x189 0x0 0x7ffe 0x0 0xffffffff 0x7ffeb0 0x7f12\n");
  ASSERT_TRUE(state);
  EXPECT_FALSE(state->running);
  EXPECT_EQ(state->number, kFutexCall);
  EXPECT_EQ(state->arguments[0], 0x55d0u);
  EXPECT_EQ(state->arguments[5], 0xffffffffu);
  EXPECT_EQ(state->stack_pointer, RemoteAddress(0x7ffeb0));
  EXPECT_EQ(state->pc, RemoteAddress(0x7f12));
}

TEST(ParseSyscall, KnowsRunningThreadsAndThoseBlockedOutsideACall) {
  EXPECT_TRUE(ParseSyscall("running\n")->running);
  const auto outside = ParseSyscall("-1 0x7ffeb0 0x7f12\n");
  ASSERT_TRUE(outside);
  EXPECT_FALSE(outside->running);
  EXPECT_EQ(outside->number, -1);
  EXPECT_FALSE(ParseSyscall("202 0x1"));
  EXPECT_FALSE(ParseSyscall(""));
}

TEST(ParseSchedStat, ReadsThreeNumbers) {
  const auto stat = ParseSchedStat("123456789 42 7\n");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->on_cpu, 123456789);
  EXPECT_EQ(stat->run_queue, 42);
  EXPECT_EQ(stat->slices, 7u);
  EXPECT_FALSE(ParseSchedStat("1 2"));
}

TEST(ProcessFiles, TellsAMissingProcess) {
  // Pids end below 2^22 (proc(5), pid_max).
  EXPECT_TRUE(absl::IsNotFound(ProcessFiles(1 << 22).Stat().status()));
  EXPECT_TRUE(absl::IsNotFound(ProcessFiles(1 << 22).MapsText().status()));
  EXPECT_TRUE(absl::IsNotFound(ProcessFiles(1 << 22).ThreadIds().status()));
}

TEST(ProcessFiles, OpensTheVeryFileThatIsMapped) {
  const ProcessFiles self(getpid());
  const std::string path = self.Executable();
  ASSERT_FALSE(path.empty());
  EXPECT_TRUE(self.OpenInRoot(path).ok());
  const auto other =
      self.OpenMapped(AddressRange(RemoteAddress(4096), RemoteAddress(8192)), path, 0, /*inode=*/1);
  EXPECT_FALSE(other.ok()) << "another inode behind the same path is another file";
}

TEST(ThreadProbe, TellsARunningThreadFromABlockedOne) {
  std::atomic<int> spinner{0};
  std::atomic<bool> end{false};
  std::thread thread([&] {
    spinner = gettid();
    while (!end) {
    }
  });
  while (spinner == 0) std::this_thread::yield();
  const auto running = ThreadProbe(getpid(), spinner).ReadSyscall();
  ASSERT_TRUE(running);
  EXPECT_TRUE(running->running);
  EXPECT_GT(ThreadProbe(getpid(), spinner).ReadSchedStat()->slices, 0u);
  end = true;
  thread.join();
  EXPECT_FALSE(ThreadProbe(getpid(), 1 << 22).ReadSchedStat());
}

}  // namespace
}  // namespace spyhop
