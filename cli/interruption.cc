#include "cli/interruption.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdint>

#include "base/scoped_fd.h"
#include "base/scoped_signal_mask.h"
#include "base/start_thread.h"
#include "cli/exit_status.h"
#include "cli/messages.h"

namespace spyhop {
namespace {

constexpr int kTickMilliseconds = 500;

bool IsIgnored(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

bool IsBlocked(int signal) {
  sigset_t blocked;
  pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  return sigismember(&blocked, signal) == 1;
}

// nohup(1) has the end of the terminal ignored, but a signalfd gets ignored signals, too. SIGINT is
// always taken: a shell without job control has it ignored in what it starts with `&`, and scripts
// end that by kill -INT.
sigset_t TakenSignals() {
  sigset_t set = ScopedSignalMask::SetOf({SIGINT, SIGTERM});
  if (!IsIgnored(SIGHUP)) sigaddset(&set, SIGHUP);
  if (!IsIgnored(SIGTSTP) && !IsBlocked(SIGTSTP)) sigaddset(&set, SIGTSTP);
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
    if (info.ssi_signo == SIGTSTP) return Suspend();
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

  void Suspend() {
    const ScopedHalt halt(interruption_.gate);
    if (halt.halted()) return StopThisProcess();
    SayWarning(
        "not stopped, for sampling does not come to rest, and a thread of the target may be held "
        "just now; try again, or end it with Ctrl-C");
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
  const sigset_t child = ScopedSignalMask::SetOf({SIGCHLD});
  pthread_sigmask(SIG_BLOCK, &child, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

int RunInterruptible(const SignalHooks& hooks, const std::function<int(Interruption&)>& work) {
  sigset_t taken = TakenSignals();
  for (const int signal : hooks.further) sigaddset(&taken, signal);
  const ScopedSignalMask block_taken(SIG_BLOCK, taken);
  const ScopedSignalMask block_terminal(SIG_BLOCK, {SIGTTOU});
  const ScopedFd signals(signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK));
  const ScopedFd done(eventfd(0, EFD_CLOEXEC));
  if (!signals.valid() || !done.valid()) {
    SayError("cannot handle signals: no file descriptor left; raise the limit (ulimit -n)");
    return kExitFailed;
  }
  Interruption interruption;
  int result = kExitFailed;
  absl::StatusOr<std::thread> worker = StartThread([&] {
    result = work(interruption);
    const uint64_t one = 1;
    while (write(done.get(), &one, sizeof(one)) < 0 && errno == EINTR) {
    }
  });
  if (!worker.ok()) {
    // Signals do then what they do to any program. Whoever samples needs a thread, too, and says
    // what is wrong.
    const ScopedSignalMask open(SIG_UNBLOCK, taken);
    return work(interruption);
  }
  SignalLoop(hooks, interruption, signals.get(), done.get()).Run();
  worker->join();
  return result;
}

}  // namespace spyhop
