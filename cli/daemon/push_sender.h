// Sends the requests of one target: one at a time, again when that may help, never more often than
// the store wants, until each is taken or given up.
//
// After a failure all wait, not only the one that failed: what refuses is the store. Does not know
// threads or sleep: Step() says when it wants to be called again, so that all of it is tested with
// a clock that stands still. Step is for one thread; Add and Figures for any.
#ifndef SPYHOP_CLI_DAEMON_PUSH_SENDER_H_
#define SPYHOP_CLI_DAEMON_PUSH_SENDER_H_

#include <functional>
#include <mutex>
#include <optional>

#include "cli/daemon/config.h"
#include "cli/daemon/http_post.h"
#include "cli/daemon/push_answer.h"
#include "cli/daemon/push_figures.h"
#include "cli/daemon/spool.h"

namespace spyhop {

class PushSender {
 public:
  struct Time {
    Clock& clock;
    std::function<absl::Time()> wall;
  };

  // Both must outlive it. `seed`: for the jitter.
  PushSender(const PushTarget& target, HttpPoster& poster, Time time, uint64_t seed);

  void Add(PushRequest request);
  void CountDrop(PushDrop cause, uint64_t count = 1);
  void CountSplit();

  // Sends one request, if it is time to. When to be called again; none: when one was added.
  std::optional<Nanos> Step();
  // The same, without regard to when; false: there is nothing to send, or it was not taken.
  bool StepNow();
  // Gives up all that waits.
  void GiveUp(PushDrop cause);

  PushFigures Figures() const;

 private:
  using Lock = std::unique_lock<std::mutex>;

  // False: it was not taken, or there is none.
  bool SendOne(Lock& lock);
  absl::StatusOr<HttpAnswer> Post(const PushRequest& request);
  void Settle(PushRequest request, const PushVerdict& verdict);
  void DropOld();

  const PushTarget target_;
  HttpPoster& poster_;
  const Time time_;

  mutable std::mutex mutex_;
  Spool spool_;
  Backoff backoff_;
  Nanos not_before_ = 0;
  PushFigures figures_;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_PUSH_SENDER_H_
