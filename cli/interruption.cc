#include "cli/interruption.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdint>
#include <thread>

#include "absl/cleanup/cleanup.h"
#include "base/scoped_fd.h"
#include "cli/exit_status.h"
#include "cli/messages.h"

namespace spyhop {
namespace {

constexpr int kTickMilliseconds = 500;

bool IsIgnored(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

// nohup(1) has the end of the terminal ignored, but a signalfd gets ignored signals, too. SIGINT is
// always taken: a shell without job control has it ignored in what it starts with `&`, and scripts
// end that by kill -INT.
sigset_t EndingSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM}) sigaddset(&set, signal);
  if (!IsIgnored(SIGHUP)) sigaddset(&set, SIGHUP);
  return set;
}

class SignalLoop {
 public:
  SignalLoop(const SignalHooks& hooks, Interruption& interruption, int signals, int done)
      : hooks_(hooks), interruption_(interruption), signals_(signals), done_(done) {}

  void Run() {
    while (true) {
      pollfd fds[] = {{done_, POLLIN, 0}, {signals_, POLLIN, 0}};
      const int ready = poll(fds, 2, kTickMilliseconds);
      if (fds[0].revents != 0) return;
      if (fds[1].revents != 0) Take();
      if (ready == 0 && hooks_.tick) hooks_.tick();
    }
  }

 private:
  void Take() {
    signalfd_siginfo info;
    if (read(signals_, &info, sizeof(info)) != sizeof(info)) return;
    const bool typed = info.ssi_code == SI_KERNEL;
    if (hooks_.on_signal && hooks_.on_signal(static_cast<int>(info.ssi_signo), typed)) return;
    const bool again = interruption_.stop.exchange(true);
    // One event may send others twice: timeout(1) to its child and to its group, a terminal that is
    // closed by its shell and by the kernel.
    if (again && info.ssi_signo == SIGINT) {
      interruption_.temporary_files.RemoveAll();
      _exit(kExitInterrupted);
    }
  }

  const SignalHooks& hooks_;
  Interruption& interruption_;
  const int signals_;
  const int done_;
};

}  // namespace

void PrepareProcess() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // Read-only, so that writing to it fails as it would have failed. The lowest free number is fd.
    if (fcntl(fd, F_GETFD) < 0) open("/dev/null", O_RDONLY);
  }
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  pthread_sigmask(SIG_BLOCK, &child, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

int RunInterruptible(const SignalHooks& hooks, const std::function<int(Interruption&)>& work) {
  sigset_t old_mask;
  sigset_t ending = EndingSignals();
  for (const int signal : hooks.further) sigaddset(&ending, signal);
  pthread_sigmask(SIG_BLOCK, &ending, &old_mask);
  const absl::Cleanup restore = [&] { pthread_sigmask(SIG_SETMASK, &old_mask, nullptr); };
  const ScopedFd signals(signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK));
  const ScopedFd done(eventfd(0, EFD_CLOEXEC));
  if (!signals.valid() || !done.valid()) {
    SayError("cannot handle signals: no file descriptor left; raise the limit (ulimit -n)");
    return kExitFailed;
  }
  Interruption interruption;
  int result = kExitFailed;
  std::thread worker([&] {
    result = work(interruption);
    const uint64_t one = 1;
    while (write(done.get(), &one, sizeof(one)) < 0 && errno == EINTR) {
    }
  });
  SignalLoop(hooks, interruption, signals.get(), done.get()).Run();
  worker.join();
  return result;
}

}  // namespace spyhop
