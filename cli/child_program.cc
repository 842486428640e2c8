#include "cli/child_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/exit_status.h"
#include "report/escape.h"

namespace spyhop {
namespace {

struct Pipe {
  ScopedFd read;
  ScopedFd write;
};

std::optional<Pipe> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  return Pipe{ScopedFd(ends[0]), ScopedFd(ends[1])};
}

void Send(int fd, int value) {
  while (write(fd, &value, sizeof(value)) < 0 && errno == EINTR) {
  }
}

// Nothing when the other end was closed without a word.
std::optional<int> Receive(int fd) {
  int value = 0;
  ssize_t got = 0;
  do {
    got = read(fd, &value, sizeof(value));
  } while (got < 0 && errno == EINTR);
  return got == sizeof(value) ? std::optional(value) : std::nullopt;
}

void RestoreSignals() {
  signal(SIGPIPE, SIG_DFL);
  sigset_t ours;
  sigemptyset(&ours);
  for (const int s : {SIGCHLD, SIGINT, SIGTERM, SIGHUP}) sigaddset(&ours, s);
  sigprocmask(SIG_UNBLOCK, &ours, nullptr);
}

[[noreturn]] void ExecProgram(char* const* arguments, int error_fd) {
  RestoreSignals();
  execvp(arguments[0], arguments);
  Send(error_fd, errno);
  _exit(kExitNotFound);
}

// The keeper: starts the program, tells its pid, waits, tells its status. Signals typed at the
// terminal reach the program; the keeper outlives them.
[[noreturn]] void Keep(char* const* arguments, Pipe& status, Pipe& error) {
  sigset_t all;
  sigfillset(&all);
  for (const int s : {SIGTSTP, SIGTTIN, SIGTTOU}) sigdelset(&all, s);
  sigset_t ours;
  sigprocmask(SIG_SETMASK, &all, &ours);
  status.read.Reset();
  error.read.Reset();
  const int pid = fork();
  if (pid == 0) {
    sigprocmask(SIG_SETMASK, &ours, nullptr);
    ExecProgram(arguments, error.write.get());
  }
  error.write.Reset();
  Send(status.write.get(), pid);
  int wait_status = 0;
  while (waitpid(pid, &wait_status, 0) < 0 && errno == EINTR) {
  }
  Send(status.write.get(), wait_status);
  _exit(0);
}

absl::Status CannotStart(const std::string& program, int error) {
  const std::string message =
      absl::StrCat("cannot run '", EscapeForTerminal(program), "': ", strerror(error));
  switch (error) {
    case ENOENT:
      return absl::NotFoundError(absl::StrCat(message, "; check the name and PATH"));
    case EACCES:
      return absl::PermissionDeniedError(
          absl::StrCat(message, "; make it executable, or run it as: python3 FILE"));
    default:
      return absl::FailedPreconditionError(
          absl::StrCat(message, "; give a program, for example: python3 FILE"));
  }
}

absl::Status OwnFailure(const char* what) {
  return absl::InternalError(absl::StrCat("cannot start a process: ", what, ": ", strerror(errno),
                                          "; raise the limits (ulimit -u, ulimit -n)"));
}

void Reap(int pid) {
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

absl::StatusOr<ChildProgram> ChildProgram::Start(const std::vector<std::string>& program) {
  std::optional<Pipe> status = MakePipe();
  std::optional<Pipe> error = MakePipe();
  if (!status || !error) return OwnFailure("pipe");
  std::vector<char*> arguments;
  for (const std::string& argument : program) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  const int keeper = fork();
  if (keeper < 0) return OwnFailure("fork");
  if (keeper == 0) Keep(arguments.data(), *status, *error);
  status->write.Reset();
  error->write.Reset();
  const std::optional<int> pid = Receive(status->read.get());
  if (!pid || *pid < 0) {
    Reap(keeper);
    return absl::InternalError(
        "cannot start a process: fork failed; raise the limit of processes (ulimit -u)");
  }
  if (const std::optional<int> exec_error = Receive(error->read.get())) {
    Reap(keeper);
    return CannotStart(program[0], *exec_error);
  }
  return ChildProgram(keeper, *pid, std::move(status->read));
}

ChildProgram::ChildProgram(ChildProgram&& other) noexcept
    : keeper_(std::exchange(other.keeper_, 0)),
      pid_(other.pid_),
      status_(std::move(other.status_)) {}

ChildProgram::~ChildProgram() {
  if (keeper_ > 0) waitpid(keeper_, nullptr, WNOHANG);
}

bool ChildProgram::HasEnded() const {
  if (!status_.valid()) return true;
  pollfd fd{status_.get(), POLLIN, 0};
  return poll(&fd, 1, 0) > 0;
}

void ChildProgram::Signal(int signal) const {
  if (!HasEnded()) kill(pid_, signal);
}

int ChildProgram::WaitForExitStatus() {
  const std::optional<int> status = Receive(status_.get());
  Reap(std::exchange(keeper_, 0));
  if (!status) return kExitFailed;  // somebody killed the keeper
  return WIFSIGNALED(*status) ? kExitKilledBySignal + WTERMSIG(*status) : WEXITSTATUS(*status);
}

}  // namespace spyhop
