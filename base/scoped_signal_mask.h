// Blocks or unblocks signals in the calling thread, and in those it starts meanwhile, until the end
// of the scope.
#ifndef SPYHOP_BASE_SCOPED_SIGNAL_MASK_H_
#define SPYHOP_BASE_SCOPED_SIGNAL_MASK_H_

#include <pthread.h>
#include <signal.h>

#include <initializer_list>

namespace spyhop {

class ScopedSignalMask {
 public:
  // `how`: SIG_BLOCK or SIG_UNBLOCK.
  ScopedSignalMask(int how, const sigset_t& signals) { pthread_sigmask(how, &signals, &old_); }
  ScopedSignalMask(int how, std::initializer_list<int> signals)
      : ScopedSignalMask(how, SetOf(signals)) {}
  ~ScopedSignalMask() { pthread_sigmask(SIG_SETMASK, &old_, nullptr); }
  ScopedSignalMask(const ScopedSignalMask&) = delete;
  ScopedSignalMask& operator=(const ScopedSignalMask&) = delete;

  static sigset_t SetOf(std::initializer_list<int> signals) {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : signals) sigaddset(&set, signal);
    return set;
  }

 private:
  sigset_t old_;
};

// Stops this process as an unhandled SIGTSTP does, until SIGCONT; does nothing where nobody could
// continue it (an orphaned process group, setpgid(2)) or SIGTSTP is ignored.
void StopThisProcess();

}  // namespace spyhop

#endif  // SPYHOP_BASE_SCOPED_SIGNAL_MASK_H_
