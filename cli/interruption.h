// Runs a command so that Ctrl-C ends it well: the work happens in another thread, the calling one
// handles signals.
//
// The first SIGINT, SIGTERM or SIGHUP that on_signal does not take sets `stop`: the work finishes
// its output and returns. A SIGINT after that removes temporary files and leaves at once with
// status 130, whatever the work is stuck in; further SIGTERMs and SIGHUPs change nothing. A SIGTSTP
// (Ctrl-Z) closes the gate, and stops Spyhop when nothing is sampled any more. A SIGHUP or SIGTSTP
// that Spyhop was started with ignored stays ignored, and a SIGTSTP that was blocked before is left
// to who did it. SIGTTOU is blocked: `stty tostop` would have the terminal stop us at any moment.
// SIGCHLD stays blocked and is never taken here: tracer threads wake up by it.
#ifndef SPYHOP_CLI_INTERRUPTION_H_
#define SPYHOP_CLI_INTERRUPTION_H_

#include <atomic>
#include <functional>
#include <vector>

#include "report/output_file.h"
#include "sampler/sampling_gate.h"

namespace spyhop {

struct Interruption {
  std::atomic<bool> stop{false};
  SamplingGate gate;
  TemporaryFiles temporary_files;
};

struct SignalHooks {
  // Is the signal another's business? `typed` is true when it came from the keyboard, so that other
  // processes of the terminal have had it too. May be empty.
  std::function<bool(int signal, bool typed)> on_signal;
  std::function<void()> tick;  // about twice a second
  std::vector<int> further;    // signals which on_signal takes, also when they are ignored
};

// For main(), before anything else: blocks SIGCHLD, ignores SIGPIPE, and sees to it that no file
// opened later gets the number of a standard stream that was closed.
void PrepareProcess();

// Returns what `work` returned. Both run with the signals above blocked.
int RunInterruptible(const SignalHooks& hooks, const std::function<int(Interruption&)>& work);

}  // namespace spyhop

#endif  // SPYHOP_CLI_INTERRUPTION_H_
