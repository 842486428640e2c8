// ThreadStopper against real threads of a child process.
#include "sampler/target/thread_stop.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "sampler/target/process_files.h"

namespace spyhop {
namespace {

struct Shared {  // between the test and its child
  std::atomic<uint64_t> progress{0};
  std::atomic<uint64_t> interrupted{0};
  std::atomic<uint64_t> signals{0};
  std::atomic<int> thread{0};
};

Shared* shared = nullptr;

// Runs `body` in a child process until the test ends.
class Child {
 public:
  explicit Child(const std::function<void()>& body) {
    shared = static_cast<Shared*>(
        mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    new (shared) Shared;
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      body();
      _exit(0);
    }
    while (shared->progress == 0) std::this_thread::yield();
  }
  ~Child() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    munmap(shared, 4096);
  }

  int pid() const { return pid_; }
  void AwaitProgress() const {
    const uint64_t before = shared->progress;
    while (shared->progress == before) std::this_thread::yield();
  }
  char State() const { return ProcessFiles(pid_).Stat()->state; }

 private:
  int pid_ = 0;
};

[[noreturn]] void Spin() {
  for (;;) ++shared->progress;
}

TEST(ThreadStopper, HoldsARunningThreadAndLetsItGo) {
  const Child child(Spin);
  ThreadStopper stopper;
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(stopper.Stop(child.pid()), StopOutcome::kStopped);
    const uint64_t held = shared->progress;
    EXPECT_EQ(child.State(), 't');
    EXPECT_EQ(shared->progress, held) << "it ran while it was stopped";
    stopper.Resume();
    EXPECT_GT(stopper.last_stop(), 0);
    child.AwaitProgress();
  }
  EXPECT_EQ(ProcessFiles(child.pid()).Status()->tracer_pid, 0) << "nothing stays attached";
}

TEST(ThreadStopper, LetsGoAtTheEndOfTheScope) {
  const Child child(Spin);
  ThreadStopper stopper;
  {
    ScopedStop stop(stopper, child.pid());
    ASSERT_TRUE(stop.stopped());
  }
  child.AwaitProgress();
}

TEST(ThreadStopper, TellsAThreadThatIsGone) {
  ThreadStopper stopper;
  EXPECT_EQ(stopper.Stop(1 << 22), StopOutcome::kGone);
  EXPECT_FALSE(stopper.needs_retirement());
}

TEST(ThreadStopper, TellsAThreadThatAnotherTracerHolds) {
  const Child child(Spin);
  ThreadStopper ours;
  ASSERT_EQ(ours.Stop(child.pid()), StopOutcome::kStopped);
  std::thread([&] {
    ThreadStopper other;
    EXPECT_EQ(other.Stop(child.pid()), StopOutcome::kRefused);
  }).join();
  ours.Resume();
}

TEST(ThreadStopper, EndOfItsThreadFreesAStoppedTarget) {
  const Child child(Spin);
  std::thread([&] {
    ThreadStopper stopper;
    ASSERT_EQ(stopper.Stop(child.pid()), StopOutcome::kStopped);
  }).join();
  child.AwaitProgress();
}

// The kernel copies 2 MB of arguments before it ends the other threads. The shell makes no child,
// which would outlive it and keep our stdout open.
void ExecSlowly() {
  static std::string padding(100'000, 'x');
  static char shell[] = "sh", option[] = "-c", script[] = "exec sleep 60";
  std::vector<char*> arguments = {shell, option, script};
  arguments.resize(20, padding.data());
  arguments.push_back(nullptr);
  execv("/bin/sh", arguments.data());
}

// The thread's own id is gone then, and it goes on under the process's.
TEST(ThreadStopper, HasToRetireWhenTheThreadMadeAnExec) {
  int seized = 0;
  for (int i = 0; i < 300 && seized == 0; ++i) {
    const Child child([] {
      std::thread([] {
        shared->thread = gettid();
        while (shared->signals == 0) ++shared->progress;
        ExecSlowly();
      }).join();
    });
    std::thread([&] {
      ThreadStopper stopper;
      shared->signals = 1;
      std::this_thread::sleep_for(std::chrono::microseconds(20 * (i % 30)));
      if (stopper.Stop(shared->thread) == StopOutcome::kStopped) stopper.Resume();
      const bool traced = ProcessFiles(child.pid()).Status()->tracer_pid != 0;
      EXPECT_EQ(traced, stopper.needs_retirement());
      if (traced) ++seized;
    }).join();
    // A thread can be joined before the kernel has let go of what it traced (do_exit, exit_notify).
    while (ProcessFiles(child.pid()).Status()->tracer_pid != 0) std::this_thread::yield();
  }
  EXPECT_EQ(seized, 1) << "the exec was never met";
}

TEST(ThreadStopper, PassesOnEverySignalThatArrivesMeanwhile) {
  const Child child([] {
    signal(SIGUSR1, [](int) { ++shared->signals; });
    Spin();
  });
  ThreadStopper stopper;
  constexpr uint64_t kSignals = 300;
  for (uint64_t i = 0; i < kSignals; ++i) {
    kill(child.pid(), SIGUSR1);
    ASSERT_EQ(stopper.Stop(child.pid()), StopOutcome::kStopped);
    stopper.Resume();
    while (shared->signals <= i) std::this_thread::yield();
  }
  EXPECT_EQ(shared->signals, kSignals);
}

TEST(ThreadStopper, LeavesAJobControlStopAsItWas) {
  const Child child(Spin);
  kill(child.pid(), SIGSTOP);
  while (child.State() != 'T') std::this_thread::yield();
  ThreadStopper stopper;
  ASSERT_EQ(stopper.Stop(child.pid()), StopOutcome::kStopped);
  stopper.Resume();
  while (child.State() != 'T') std::this_thread::yield();
  const uint64_t before = shared->progress;
  EXPECT_EQ(child.State(), 'T');
  EXPECT_EQ(shared->progress, before) << "it must not run before it is continued";
  kill(child.pid(), SIGCONT);
  child.AwaitProgress();
}

// The worst case for a stop: a thread that runs when it is looked at and is in epoll_wait by the
// time the kick arrives. Without RestartInterruptedCall some hundred of these calls return EINTR.
TEST(ThreadStopper, NoCallReturnsEintrBecauseOfAStop) {
  const Child child([] {
    const int epoll = epoll_create1(0);
    for (;;) {
      epoll_event event;
      if (epoll_wait(epoll, &event, 1, 1) < 0 && errno == EINTR) ++shared->interrupted;
      for (int i = 0; i < 1000; ++i) ++shared->progress;
    }
  });
  ThreadStopper stopper;
  for (int i = 0; i < 1000; ++i) {
    // Where both are on one CPU it may not get as far as its next call between two stops.
    child.AwaitProgress();
    ASSERT_EQ(stopper.Stop(child.pid()), StopOutcome::kStopped);
    stopper.Resume();
  }
  EXPECT_EQ(shared->interrupted, 0u);
  EXPECT_GT(stopper.restarted_calls(), 0u) << "the case did not occur";
}

TEST(ThreadStopper, LeavesEintrToSignals) {
  const Child child([] {
    struct sigaction action = {};
    action.sa_handler = [](int) { ++shared->signals; };
    sigaction(SIGUSR1, &action, nullptr);
    // The signal can arrive in the call only, so each one interrupts one call.
    sigset_t blocked;
    sigset_t open;
    sigemptyset(&open);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, nullptr);
    const int epoll = epoll_create1(0);
    for (;;) {
      ++shared->progress;
      epoll_event event;
      if (epoll_pwait(epoll, &event, 1, -1, &open) < 0 && errno == EINTR) ++shared->interrupted;
    }
  });
  ThreadStopper stopper;
  for (uint64_t i = 0; i < 300; ++i) {
    kill(child.pid(), SIGUSR1);
    ASSERT_EQ(stopper.Stop(child.pid()), StopOutcome::kStopped);
    stopper.Resume();
    // A call that were made again although a signal came would wait for ever here.
    while (shared->signals <= i || shared->interrupted <= i) std::this_thread::yield();
  }
  EXPECT_EQ(shared->signals, 300u);
}

}  // namespace
}  // namespace spyhop
