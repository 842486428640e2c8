// Sends the profiles of all targets to one store, [push NAME] of the configuration.
//
// A target's own thread hands over each finished part, which costs it a lock. One thread adds the
// parts up and writes them as requests, a second one sends those; neither waits for the other.
// Bounded: kMostWaiting of parts that wait to be written (one is always taken), and `spool-bytes`
// of requests that wait to be sent. What a store refuses is tried again for `retry-for`; what the
// daemon has not sent when it ends is lost.
#ifndef SPYHOP_CLI_DAEMON_PUSHER_H_
#define SPYHOP_CLI_DAEMON_PUSHER_H_

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "absl/status/statusor.h"
#include "cli/daemon/config.h"
#include "cli/daemon/fleet.h"
#include "cli/daemon/http_post.h"
#include "cli/daemon/push_batches.h"
#include "cli/daemon/push_figures.h"
#include "cli/daemon/push_sender.h"

namespace spyhop {

class Pusher : public PartConsumer {
 public:
  static constexpr uint64_t kMostWaiting = 16 << 20;  // bytes

  // kInvalidArgument or kUnavailable: its address or its headers are of no use. kResourceExhausted:
  // there is no thread left.
  static absl::StatusOr<std::unique_ptr<Pusher>> Create(const PushTarget& target);
  // Sends what waits, as long as it is taken, for at most three seconds.
  ~Pusher() override;
  Pusher(const Pusher&) = delete;
  Pusher& operator=(const Pusher&) = delete;

  void Consume(const FleetPart& part) override;
  PushFigures Figures() const { return sender_.Figures(); }
  const PushTarget& target() const { return target_; }

 private:
  using Lock = std::unique_lock<std::mutex>;

  Pusher(const PushTarget& target, std::unique_ptr<HttpPoster> poster);
  absl::Status Start();
  void EncodeAll();
  void Encode(const FleetPart& part);
  void SendAll();
  void Wait(Lock& lock, std::condition_variable& changed, std::optional<Nanos> until);

  const PushTarget target_;
  const std::unique_ptr<HttpPoster> poster_;
  MonotonicClock clock_;
  PushSender sender_;

  std::mutex mutex_;
  std::condition_variable has_part_;
  std::condition_variable has_request_;
  std::condition_variable has_ended_;
  std::deque<FleetPart> parts_;
  uint64_t waiting_ = 0;  // bytes of parts that are not written yet
  bool added_ = false;    // a request, since the sender looked
  bool closing_ = false;  // no part will come
  bool encoded_ = false;  // no request will come
  bool sent_ = true;      // nobody sends

  std::thread encoder_;
  std::thread sender_thread_;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_PUSHER_H_
