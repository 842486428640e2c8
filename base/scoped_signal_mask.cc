#include "base/scoped_signal_mask.h"

namespace spyhop {

// Pending for the calling thread alone, it is taken before the call that unblocks it returns
// (signal(7)): when this returns, the stop is over.
void StopThisProcess() {
  const ScopedSignalMask blocked(SIG_BLOCK, {SIGTSTP});
  pthread_kill(pthread_self(), SIGTSTP);
  const ScopedSignalMask open(SIG_UNBLOCK, {SIGTSTP});
}

}  // namespace spyhop
