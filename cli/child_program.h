// A program that Spyhop starts and samples.
//
// Between Spyhop and the program stands a small keeper process, forked before any thread exists: it
// is the program's parent and waits for it. A tracer that is the parent's own thread could take the
// exit status away, or have its stops taken by the parent's wait (wait(2), "ptrace" in the kernel's
// do_wait). The program starts with the signal mask and dispositions Spyhop itself was given, but
// for the signals Spyhop deals with: SIGPIPE has its default again, and SIGCHLD, SIGINT, SIGTERM
// and SIGHUP are not blocked.
#ifndef SPYHOP_CLI_CHILD_PROGRAM_H_
#define SPYHOP_CLI_CHILD_PROGRAM_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/scoped_fd.h"

namespace spyhop {

class ChildProgram {
 public:
  // Returns when the program runs (its exec has happened). Errors: kNotFound, kPermissionDenied (or
  // another reason why it cannot be executed: kFailedPrecondition), kInternal when Spyhop failed.
  // To be called before threads are started.
  static absl::StatusOr<ChildProgram> Start(const std::vector<std::string>& program);
  ChildProgram(ChildProgram&& other) noexcept;
  ChildProgram& operator=(ChildProgram&&) = delete;
  ~ChildProgram();  // does not end the program

  int pid() const { return pid_; }
  // These two may be called from any thread, also while another waits for the end.
  bool HasEnded() const;
  void Signal(int signal) const;  // nothing when it has ended
  // Waits for the end: the program's exit status, or 128 + the signal that killed it.
  int WaitForExitStatus();

 private:
  ChildProgram(int keeper, int pid, ScopedFd status)
      : keeper_(keeper), pid_(pid), status_(std::move(status)) {}

  int keeper_ = 0;
  int pid_ = 0;
  ScopedFd status_;  // the keeper writes wait(2)'s status here, and is gone then
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_CHILD_PROGRAM_H_
