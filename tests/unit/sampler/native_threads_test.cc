// NativeThreads against real threads of a child process.
#include "sampler/native_threads.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "interp_layouts/registry.h"
#include "sampler/target/process_files.h"
#include "tests/fakes/fake_memory.h"

namespace spyhop {
namespace {

// A process whose main thread waits for a signal and whose other one burns CPU.
class Child {
 public:
  Child() {
    pid_ = fork();
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::thread burner([] {
      prctl(PR_SET_NAME, "burner");
      for (std::atomic<uint64_t> i = 0;;) ++i;
    });
    for (;;) pause();
  }
  ~Child() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  int pid() const { return pid_; }

 private:
  int pid_ = 0;
};

class NativeThreadsTest : public testing::Test {
 protected:
  NativeThreadsTest() {
    profile_.AddTarget({.pid = child_.pid()});
    while (Burner() == 0 || OnCpu() == 0 || !WaitsForSignals()) std::this_thread::yield();
  }

  bool WaitsForSignals() const {
    const std::optional<SyscallState> call = ThreadProbe(child_.pid(), child_.pid()).ReadSyscall();
    return call && !call->running && call->number == SYS_pause;
  }

  int Burner() const {
    for (const int tid : files_.ThreadIds().value_or(std::vector<int>())) {
      if (files_.ThreadName(tid) == "burner") return tid;
    }
    return 0;
  }
  Nanos OnCpu() const { return ThreadProbe(child_.pid(), Burner()).ReadSchedStat()->on_cpu; }
  void AwaitCpu(Nanos more) {
    const Nanos until = OnCpu() + more;
    while (OnCpu() < until) clock_.SleepUntil(clock_.Now() + kMillisecond);
  }
  const ThreadInfo* RowOf(int tid) const {
    for (const ThreadInfo& info : profile_.threads()) {
      if (info.tid == tid) return &info;
    }
    return nullptr;
  }

  Child child_;
  const ProcessFiles files_{child_.pid()};
  FakeMemory memory_;
  MonotonicClock clock_;
  Profile profile_;
  NativeThreads threads_{files_, memory_, profile_, 0};
};

TEST_F(NativeThreadsTest, TellsOneThatBurnsCpuFromOneThatWaits) {
  const Nanos begin = clock_.Now();
  const Nanos cpu = OnCpu();
  threads_.Look(begin, {});
  for (int i = 0; i < 3; ++i) {
    AwaitCpu(100 * kMillisecond);
    threads_.Look(clock_.Now(), {});
  }
  threads_.Rest(clock_.Now());
  const ThreadInfo* burner = RowOf(Burner());
  const ThreadInfo* waiter = RowOf(child_.pid());
  ASSERT_TRUE(burner != nullptr && waiter != nullptr);
  EXPECT_EQ(burner->name, "burner");
  EXPECT_FALSE(burner->python);
  // It may have run on between our look at the clock and ours at it.
  EXPECT_GE(burner->times.cpu, 250 * kMillisecond);
  EXPECT_LE(burner->times.cpu, OnCpu() - cpu);
  EXPECT_EQ(burner->times[TimeClass::kWait] + burner->times[TimeClass::kIdle], 0);
  EXPECT_EQ(waiter->times.cpu, 0);
  EXPECT_EQ(waiter->times.Wall(true),
            waiter->times[TimeClass::kWait] + waiter->times[TimeClass::kIdle]);
  EXPECT_GE(waiter->observed, 300 * kMillisecond);
  bool has_reason = false;
  for (const auto& [key, times] : profile_.buckets()) {
    has_reason |= profile_.strings().Get(key.wait_reason).find("signal") != std::string_view::npos;
  }
  EXPECT_TRUE(has_reason);
}

TEST_F(NativeThreadsTest, LeavesPythonsThreadsAlone) {
  const std::unique_ptr<Layout> layout = std::make_unique<Layout>(AllLayouts().front());
  WatchedThread python(1, Burner(), {child_.pid(), Burner()}, *layout);
  WatchedThread* const list[] = {&python};
  threads_.Look(clock_.Now(), list);
  EXPECT_EQ(RowOf(Burner()), nullptr);
  EXPECT_NE(RowOf(child_.pid()), nullptr);
}

TEST_F(NativeThreadsTest, LooksNoOftenerThanIsDue) {
  const Nanos begin = clock_.Now();
  threads_.Look(begin, {});
  const uint64_t samples = profile_.figures().samples;
  threads_.Look(begin + 99 * kMillisecond, {});
  EXPECT_EQ(profile_.figures().samples, samples);
  threads_.Look(begin + 100 * kMillisecond, {});
  EXPECT_GT(profile_.figures().samples, samples);
}

// It may be about to get a Python thread state.
TEST_F(NativeThreadsTest, OneThatComesLaterHasARowWhenItIsSeenForTheSecondTime) {
  const std::unique_ptr<Layout> layout = std::make_unique<Layout>(AllLayouts().front());
  WatchedThread python(1, Burner(), {child_.pid(), Burner()}, *layout);
  WatchedThread* const list[] = {&python};
  const Nanos begin = clock_.Now();
  threads_.Look(begin, list);
  threads_.Look(begin + kSecond, {});
  EXPECT_EQ(RowOf(Burner()), nullptr);
  threads_.Look(begin + 2 * kSecond, {});
  EXPECT_NE(RowOf(Burner()), nullptr);
}

}  // namespace
}  // namespace spyhop
